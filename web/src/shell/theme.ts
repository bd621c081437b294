/** Dark or light. The system decides until the visitor chooses. The choice is kept. */
import { effect, type Signal, signal } from "@preact/signals";

/** What the visitor chose; "system" if nothing. */
export type Theme = "system" | "light" | "dark";

const KEY = "halfstep-theme";

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    // A browser may deny a page its storage.
    return "system";
  }
}

/** The theme; setting it changes the page. */
export const theme: Signal<Theme> = signal(stored());

/** Whether the page is dark now. */
export function isDark(): boolean {
  return theme.value === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : theme.value === "dark";
}

effect(() => {
  document.documentElement.style.colorScheme = theme.value === "system" ? "" : theme.value;
  document.documentElement.dataset.theme = theme.value;
  try {
    if (theme.value === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme.value);
  } catch {
    // Then the choice holds until the page is closed.
  }
});
