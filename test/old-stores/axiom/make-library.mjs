// Writes library.axiom, a small store as Python Axiom 0.8 and later lay it out, by plain SQL:
//   node test/old-stores/axiom/make-library.mjs
// It is committed, is read by the guide on imports from Axiom, and must stay readable for ever.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';

const library = fileURLToPath(new URL('library.axiom', import.meta.url));
rmSync(library, { recursive: true, force: true });

write(library, [
  ['author', 'library.model', { born: 'integer', name: 'text' }, { 1: [1857, 'Joseph Conrad'] }],
  [
    'book',
    'library.model',
    {
      ...{ author: 'reference', blob: 'bytes', cover: 'path', keywords: 'textlist', price: 'money' },
      ...{ published: 'timestamp', title: 'text' },
    },
    {
      2: [
        1,
        null,
        'covers/heart.txt',
        '\u0002\u001fafrica\u001friver',
        49_500,
        -2_240_524_800_000_000,
        'Heart of Darkness',
      ],
      3: [1, null, null, '\u0002', 120_000, -2_198_707_200_123_456, 'Lord Jim'],
    },
  ],
  ['bookmark', 'library.model', { book: 'reference', page: 'integer' }, { 4: [2, 12], 5: [9, 80] }],
  ['greeter', 'library.model', { greeting: 'text' }, { 6: ['Welcome to the library'] }],
  [
    'axiom_powerup_connector',
    'axiom.item',
    { interface: 'text', item: 'reference', powerup: 'reference', priority: 'integer' },
    { 7: ['library.ilibrary.IGreeter', -1, 6, 0] },
  ],
  ['substore', 'axiom.substore', { storepath: 'path' }, { 8: ['account/example.com/alice.axiom'] }],
]);
mkdirSync(`${library}/files/covers`);
writeFileSync(`${library}/files/covers/heart.txt`, 'A heart, dark.\n');
write(`${library}/files/account/example.com/alice.axiom`, [
  ['note', 'library.model', { body: 'text' }, { 1: ['Return Lord Jim'] }],
]);

function write(directory, types) {
  mkdirSync(`${directory}/files`, { recursive: true });
  const database = new Database(`${directory}/db.sqlite`);
  database.pragma('foreign_keys = OFF');
  database.exec(`
    CREATE TABLE "axiom_objects" ("oid" INTEGER PRIMARY KEY AUTOINCREMENT, "type_id" INTEGER NOT NULL
      CONSTRAINT "fk_type_id" REFERENCES "axiom_types"("oid"));
    CREATE INDEX "axiom_objects_type_idx" ON "axiom_objects"(type_id);
    CREATE TABLE "axiom_types" ("oid" INTEGER PRIMARY KEY AUTOINCREMENT, "typename" VARCHAR, "module" VARCHAR,
      "version" INTEGER);
    CREATE TABLE "axiom_attributes" ("type_id" INTEGER, "row_offset" INTEGER, "indexed" BOOLEAN, "sqltype" VARCHAR,
      "allow_none" BOOLEAN, "pythontype" VARCHAR, "attribute" VARCHAR, "docstring" TEXT);`);
  for (const type of types) writeType(database, ...type);
  database.exec('INSERT OR IGNORE INTO axiom_objects (oid, type_id) VALUES (9, -1)'); // an item that was deleted
  database.close();
}

function writeType(database, name, module, attributes, items) {
  const sqlTypes = {
    text: 'TEXT COLLATE NOCASE',
    textlist: 'TEXT COLLATE NOCASE',
    path: 'TEXT COLLATE NOCASE',
    bytes: 'BLOB',
  };
  const columns = Object.entries(attributes).map(([attribute, kind]) => [attribute, kind, sqlTypes[kind] ?? 'INTEGER']);
  const noted = database
    .prepare('INSERT INTO axiom_types (typename, module, version) VALUES (?, ?, 1)')
    .run(name, module);
  const type = noted.lastInsertRowid;
  columns.forEach(([attribute, kind, sqlType], offset) => {
    const indexed = Number(kind === 'reference');
    database
      .prepare(`INSERT INTO axiom_attributes VALUES (?, ?, ?, ?, 1, ?, ?, '')`)
      .run(type, offset, indexed, sqlType, kind, attribute);
  });
  const declared = columns.map(([attribute, , sqlType]) => `[${attribute}] ${sqlType}`);
  database.exec(`CREATE TABLE item_${name}_v1 (oid INTEGER PRIMARY KEY, ${declared.join(', ')})`);
  for (const [id, cells] of Object.entries(items)) {
    database.prepare('INSERT INTO axiom_objects (oid, type_id) VALUES (?, ?)').run(Number(id), type);
    const values = [Number(id), ...cells];
    database.prepare(`INSERT INTO item_${name}_v1 VALUES (${values.map(() => '?').join(', ')})`).run(...values);
  }
}
