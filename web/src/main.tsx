/** Starts the page. */
import "@fontsource-variable/source-sans-3/wght.css";
import "./styles/base.css";
import "./styles/controls.css";
import { render } from "preact";
import { App } from "./shell/app.tsx";

const place = document.querySelector("#app");
if (place === null) throw new Error("internal: the page has no place for its contents");
render(<App />, place);
