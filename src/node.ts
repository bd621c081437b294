/** The public entry for Node.js. The codec itself (`loadCodec`) is not there yet: see CHANGELOG.md. */
export * from "./index.ts";
