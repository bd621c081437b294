/** The frame of the page: its head with the navigation, and the view. */
import type { FunctionComponent, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { CodecView } from "../codec/codec-view.tsx";
import { isDark, theme } from "./theme.ts";
import { currentView, VIEWS, type ViewName } from "./views.ts";

/** What loads the views that are not shown at first. */
const LOADERS: Readonly<Partial<Record<ViewName, () => Promise<FunctionComponent>>>> = {
  laboratory: () => import("../lab/lab-view.tsx").then(({ LabView }) => LabView),
  results: () => import("../results/results-view.tsx").then(({ ResultsView }) => ResultsView),
  proof: () => import("../proof/proof-view.tsx").then(({ ProofView }) => ProofView),
};

/** The page. */
export function App(): JSX.Element {
  const name = currentView.value;
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="head">
        <a class="wordmark" href="#/codec" aria-label="Halfstep, to the codec">
          <Mark />
          Halfstep
        </a>
        <nav aria-label="Views">
          {VIEWS.map((view) => (
            <a key={view.name} href={`#/${view.name}`} aria-current={view.name === name ? "page" : undefined}>
              {view.title}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="content" tabIndex={-1}>
        <div hidden={name !== "codec"}>
          <CodecView isShown={name === "codec"} />
        </div>
        {name !== "codec" && <LoadedView key={name} name={name} />}
      </main>
    </>
  );
}

function LoadedView({ name }: { readonly name: ViewName }): JSX.Element {
  const [view, setView] = useState<{ readonly View: FunctionComponent } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    LOADERS[name]?.().then(
      (View) => setView({ View }),
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, [name]);
  if (problem !== null) return <p class="notice">This view did not load ({problem}). Load the page again.</p>;
  if (view === null) return <p class="loading">Loading …</p>;
  return <view.View />;
}

/** Rounding as stairs, and the line that it stands for. */
function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <path d="M4 28 28 4" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 3" />
      <path d="M2 26h9v-9.5h9.5V7H30" fill="none" stroke="var(--accent)" stroke-width="3.25" />
    </svg>
  );
}

function ThemeButton(): JSX.Element {
  const dark = isDark();
  return (
    <button
      type="button"
      class="icon"
      aria-label={dark ? "Light theme" : "Dark theme"}
      title={dark ? "Light theme" : "Dark theme"}
      onClick={() => {
        theme.value = dark ? "light" : "dark";
      }}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}
