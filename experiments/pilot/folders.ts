/** Where the pilot notes that a run diverged: beside its folder, which a resumed run owns. */
export function divergedFile(folder: string): string {
  return `${folder}.diverged.txt`;
}
