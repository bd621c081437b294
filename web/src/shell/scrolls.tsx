/** Something that may be wider than the page. It then scrolls by itself, and the keyboard can reach it. */
import type { ComponentChildren, JSX } from "preact";
import "../styles/tables.css";

/** @param props.label what it holds, for those who do not see it */
export function Scrolls(props: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without a mouse, one scrolls by the keys, which needs the focus.
    <section class="scrolls" aria-label={props.label} tabIndex={0}>
      {props.children}
    </section>
  );
}
