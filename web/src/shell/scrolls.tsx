/** What may be wider than the page and then scrolls by itself; it can be reached by the keyboard. */
import type { ComponentChildren, JSX } from "preact";
import "../styles/tables.css";

/** @param props.label what it holds, for those who do not see it */
export function Scrolls(props: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls by the keys, which needs the focus.
    <section class="scrolls" aria-label={props.label} tabIndex={0}>
      {props.children}
    </section>
  );
}
