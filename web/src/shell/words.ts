/** Numbers as the page writes them. */

/** Bytes: `812 B`, `24.6 kB`, `11.4 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 99_950_000 ? 1 : 0)} MB`;
}

/** Milliseconds: `240 ms`, `1.32 s`. */
export function timeText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A time to wait, roughly: `8 s`, `3 min`, `2 h`. */
export function waitText(ms: number): string {
  if (ms < 99_500) return `${Math.max(1, Math.round(ms / 1000))} s`;
  return ms < 5_970_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** PSNR: `32.18 dB`; `exact` for equal pictures. */
export function psnrText(db: number): string {
  return Number.isFinite(db) ? `${db.toFixed(2)} dB` : "exact";
}

/** MS-SSIM: `0.9731`. */
export function similarityText(value: number | null): string {
  return value === null ? "too small" : value.toFixed(4);
}

/** What an error says. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
