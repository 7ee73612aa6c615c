// The files that a person chose or dropped, whole folders included. Each is `{name, size, read}`, with its folders in the
// name, and `read()` a promise of its File.

const HIDDEN = /(?:^|\/)(?:\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/iu; // what a system keeps beside documents

/** Returns the files of an `<input type=file>`. */
export function filesOfInput(input) {
  return withoutHidden([...input.files].map((file) => chosen(file, file.webkitRelativePath || file.name)));
}

/** Returns a promise of the files of a drop. It must be called within the event, which loses them at its end. */
export async function filesOfDrop(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return withoutHidden([...transfer.files].map((file) => chosen(file, file.name)));
  const found = await Promise.all(entries.filter((entry) => entry !== null).map(walk));
  return withoutHidden(found.flat());
}

function chosen(file, name) {
  return { name, size: file.size, read: () => Promise.resolve(file) };
}

function withoutHidden(files) {
  return files.filter(({ name }) => !HIDDEN.test(name));
}

async function walk(entry) {
  const name = entry.fullPath.replace(/^\//u, "");
  if (entry.isFile) return [{ name, size: null, read: () => new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(walk))).flat();
}
