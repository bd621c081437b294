/** Pictures and streams from and to the visitor: dropped, pasted, picked, saved. */
import type { Entry } from "./session.ts";

/** What the picker offers. */
export const ACCEPTED = "image/*,.hst";

/** A file with its name. */
export interface NamedFile {
  readonly name: string;
  readonly file: Blob;
}

/** The files of a drop or a paste. What is no picture gets a message when it is read. */
export function filesOf(data: DataTransfer | null): readonly NamedFile[] {
  return namedFiles(data?.files ?? []);
}

/** The files of a list, with their names. */
export function namedFiles(files: Iterable<File>): readonly NamedFile[] {
  return [...files].map((file) => ({ name: file.name, file }));
}

/** Saves bytes as a file of the visitor. */
export function save(name: string, bytes: Uint8Array<ArrayBuffer>, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // When the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Saves the stream of an entry. */
export function saveStream({ name, state }: Entry): void {
  const { coded } = state.value;
  if (coded !== null) save(`${name}.hst`, coded.bytes, "application/octet-stream");
}
