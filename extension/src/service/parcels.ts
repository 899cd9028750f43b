/** What a drop or a file dialog brings, sorted into datasets: each file one, and each folder one. */

import type { Parcel, UploadFile } from './uploads';

/** Files chosen in a dialog: a dataset each. */
export const fromFiles = (files: Iterable<File>): Parcel[] =>
  [...files].map(file => ({ label: file.name, folder: null, files: [{ path: file.name, file }] }));

/** Whether something that is dragged over the panel holds files. */
export const holdsFiles = (transfer: DataTransfer | null): boolean =>
  !!transfer && [...transfer.types].includes('Files');

/** What was dropped; a folder becomes one dataset with all its files. */
export async function fromDrop(transfer: DataTransfer): Promise<Parcel[]> {
  // A DataTransfer is emptied when its event ends, so its entries are taken before the first wait.
  const entries = [...transfer.items]
    .filter(item => item.kind === 'file')
    .map(item => [item.webkitGetAsEntry?.() ?? null, item.getAsFile()] as const);
  const parcels: Parcel[] = [];
  for (const [entry, file] of entries) {
    if (entry?.isDirectory) {
      const files = await filesUnder(entry as FileSystemDirectoryEntry, '');
      parcels.push({ label: entry.name, folder: entry.name, files });
    } else if (file) {
      parcels.push(...fromFiles([file]));
    }
  }
  return parcels;
}

async function filesUnder(folder: FileSystemDirectoryEntry, above: string): Promise<UploadFile[]> {
  const found: UploadFile[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = `${above}${entry.name}`;
    if (entry.isDirectory) {
      found.push(...(await filesUnder(entry as FileSystemDirectoryEntry, `${path}/`)));
    } else if (!entry.name.startsWith('.')) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject)
      );
      found.push({ path, file });
    }
  }
  return found;
}

/** A browser hands out a folder's entries in portions, and an empty one at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (portion.length === 0) {
      return found;
    }
    found.push(...portion);
  }
}
