/** What can be imported beside programs; `?bytes`, `?identity` and `?thumb` are made by vite.config.ts. */

declare module "*?thumb" {
  const address: string;
  export default address;
}

declare module "*?identity" {
  const identity: string;
  export default identity;
}

declare module "*?bytes" {
  const bytes: number;
  export default bytes;
}
