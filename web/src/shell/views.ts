/** The views of the page, by the part of its address after `#/`. Each but the first is loaded when it is first shown. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** The views, in the order of the navigation. */
export const VIEWS = [
  { name: "codec", title: "Codec" },
  { name: "laboratory", title: "Laboratory" },
  { name: "results", title: "Results" },
  { name: "proof", title: "Proof" },
] as const;

/** Name of a view. */
export type ViewName = (typeof VIEWS)[number]["name"];

function viewOfAddress(): ViewName {
  const name = location.hash.replace(/^#\/?/, "").split("?")[0];
  return VIEWS.find((view) => view.name === name)?.name ?? "codec";
}

const shown = signal<ViewName>(viewOfAddress());
addEventListener("hashchange", () => {
  shown.value = viewOfAddress();
  scrollTo(0, 0);
});

/** The view that the address asks for. */
export const currentView: ReadonlySignal<ViewName> = shown;
