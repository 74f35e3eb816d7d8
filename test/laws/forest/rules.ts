import type { Action } from './actions.js';
import { type Circumstances, Deed, type Outcome } from './deed.js';
import { deleteFile, deleteItems, deleteSome } from './rules-of-deletions.js';
import { powerDown, powerUp, request } from './rules-of-powers.js';
import { createPump, deleteCell, deletePump, install, uninstall } from './rules-of-pumps.js';
import { createRelic } from './rules-of-relics.js';
import {
  copyStore,
  createStore,
  deleteStore,
  importStore,
  moveStore,
  renameStore,
  restoreStore,
} from './rules-of-stores.js';
import { change, create, hang, point, update, writeFile } from './rules-of-things.js';
import { placesIn, type StoreState } from './state.js';

/** What comes of an action on a tree, by the rules of the documentation. */
export function outcomeOf(action: Action, root: StoreState, circumstances: Circumstances): Outcome {
  const deed = new Deed(action.at, structuredClone(root), circumstances);
  perform(deed, action);
  return deed;
}

function perform(deed: Deed, action: Action): void {
  switch (action.do) {
    case 'create store':
      createStore(deed, action.name);
      break;
    case 'rename':
      renameStore(deed, action.name, action.newName);
      break;
    case 'move':
      moveStore(deed, action.name, action.to, action.newName);
      break;
    case 'copy':
      copyStore(deed, action.name, action.to, action.newName);
      break;
    case 'delete store':
      deleteStore(deed, action.name, action.by === 'name');
      break;
    case 'create':
      create(deed, action.n, 1);
      break;
    case 'create many':
      create(deed, action.n, action.count);
      break;
    case 'create broken':
      create(deed, action.n, action.count + 1);
      deed.assert(false, 'INVALID_VALUE');
      break;
    case 'find or create':
      if (action.thing === null) create(deed, action.n, 1);
      else deed.excuseWrite();
      break;
    case 'change':
      change(deed, action.thing, { n: action.n });
      break;
    case 'refer':
      change(deed, action.thing, { [action.as]: action.to });
      break;
    case 'hang':
      hang(deed, action.thing, action.as, action.name);
      break;
    case 'point':
      point(deed, action.thing, action.to);
      break;
    case 'power up':
      powerUp(deed, action);
      break;
    case 'power down':
      powerDown(deed, action);
      break;
    case 'request':
      request(deed, action.of, action.n);
      break;
    case 'create pump':
      createPump(deed);
      break;
    case 'install':
      install(deed, action.pump);
      break;
    case 'uninstall':
      uninstall(deed, action.pump);
      break;
    case 'delete pump':
      deletePump(deed, action.pump);
      break;
    case 'delete cell':
      deleteCell(deed, action.cell);
      break;
    case 'create relic':
      createRelic(deed, action);
      break;
    case 'tie':
      change(deed, action.thing, { [action.as]: action.relic });
      break;
    case 'delete relic':
      deleteItems(deed, [action.relic]);
      break;
    case 'attach':
      change(deed, action.thing, { scan: action.file });
      break;
    case 'delete':
      deleteItems(deed, [action.thing]);
      break;
    case 'update some':
      update(deed, deed.at, action.n, action.newN);
      break;
    case 'delete some':
      deleteSome(deed, deed.at, action.n);
      break;
    case 'update tree':
      for (const { store } of placesIn(deed.at)) update(deed, store, action.n, action.newN);
      break;
    case 'delete tree':
      for (const { store } of placesIn(deed.at)) deleteSome(deed, store, action.n);
      break;
    case 'write file':
      writeFile(deed, action.name);
      break;
    case 'delete file':
      deleteFile(deed, action.file);
      break;
    case 'export':
      deed.assertOutsideTransaction();
      break;
    case 'import':
      importStore(deed, action.name, action.id);
      break;
    case 'restore':
      restoreStore(deed, action.name, action.id);
      break;
  }
}
