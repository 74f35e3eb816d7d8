export { CorollaryError, ERROR_CODES, type ErrorCode, type ErrorDetails, type Problem } from './errors.js';
export type { AttributeOptions } from './item/attribute-options.js';
export { type AttributeTypeOptions, attributeType } from './item/attribute-type.js';
export {
  address,
  attribute,
  attributes,
  bigint,
  boolean,
  bytes,
  type DecimalOptions,
  decimal,
  integer,
  type JsonOptions,
  json,
  type ReferenceOptions,
  real,
  reference,
  type TextOptions,
  text,
  timestamp,
} from './item/attributes.js';
export { Item } from './item/item.js';
export { type ItemOptions, item } from './item/item-decorator.js';
export type { ItemInit } from './item/item-init.js';
export { type PlayerFor, type PowerUpOptions, type PowerupFor, PowerupTarget } from './item/powerup-target.js';
export { type AnyRole, type Indirector, Role, type RoleEntry, type RoleOptions, role } from './item/role.js';
export type { UpgradeStep } from './item/upgrade-step.js';
export { type DependencyOptions, dependsOn } from './powerup/install/depends-on.js';
export { type FromParentOptions, fromParent } from './powerup/install/from-parent.js';
export { install } from './powerup/install/install.js';
export { installedDependents, installedOn, installedRequirements } from './powerup/install/installed.js';
export { uninstall } from './powerup/install/uninstall.js';
export { avg, count, max, min, sum } from './query/aggregates.js';
export type {
  Column,
  ColumnOf,
  Columns,
  DateColumn,
  IdColumn,
  LikeOptions,
  NumberColumn,
  ObjectColumn,
  OrderedColumn,
  ReferenceColumn,
  SearchedColumn,
  Selected,
  TextColumn,
} from './query/columns.js';
export { and, Condition, not, or } from './query/condition.js';
export { type Joinable, type JoinColumns, type JoinedItems, type Optional, optional } from './query/joined.js';
export type { QueryJSON } from './query/json.js';
export type { LiveChanges, LiveUpdate, RemovedItem } from './query/live/live-update.js';
export type { SubscribeOptions } from './query/live/subscribe-options.js';
export type { Subscription } from './query/live/subscription.js';
export { Order, type OrderOptions } from './query/order.js';
export type { Pages } from './query/pages.js';
export { type OrderBy, type PageOptions, type PickReference, Query, type Where } from './query/query.js';
export { type ReferringItems, referrers } from './query/referrers.js';
export type { Explanation, Page } from './query/runner.js';
export type { SearchMode, SearchOptions, SnippetOptions } from './query/search/search-options.js';
export type {
  Address,
  AttrKey,
  Changes,
  CreateInput,
  Decimal,
  DecimalInput,
  Default,
  Equalities,
  Memory,
  Ref,
  ReferenceKey,
  StoreId,
} from './schema/attribute-types.js';
export type { ItemClass } from './schema/item-class.js';
export type { CheckReport, Finding } from './store/check.js';
export type { RepairOptions, RepairReport } from './store/commit/repair.js';
export type { FileContent } from './store/files/content.js';
export { type FileOptions, file } from './store/files/file-attribute.js';
export type { Files, ReceiveFileOptions, WriteFileOptions } from './store/files/files.js';
export { type ByteRange, StoredFile } from './store/files/stored-file.js';
export type { StoreStats } from './store/store-stats.js';
export type { TransactionFunction, TransactionOptions } from './store/transact.js';
export type { BackupReport } from './substore/backup/back-up.js';
export type { TreeCheckOptions, TreeFinding, TreeReport } from './substore/check-tree.js';
export type {
  FailedUpgrade,
  RowsProgress,
  TreeUpgradeOptions,
  TreeUpgradeProgress,
  TreeUpgradeReport,
} from './substore/fleet/upgrade-tree.js';
export type { StoreOptions } from './substore/options.js';
export type { TreeStats } from './substore/pool.js';
export type { AnswerOptions } from './substore/requests/answer-request.js';
export {
  type AddressAsker,
  type AskerOptions,
  asker,
  type RemoteAsker,
  type SendRequest,
} from './substore/requests/asker.js';
export type { Json } from './substore/requests/json-form.js';
export type {
  AnsweringStore,
  AnswerOf,
  ArgumentsOf,
  Asker,
  MethodOf,
  Reply,
  ReplyError,
  Request,
  RequestPath,
  TreeAnswer,
  TreeReply,
  WithAddresses,
} from './substore/requests/request-types.js';
export type { TreeAsking } from './substore/requests/tree-asking.js';
export { Store } from './substore/store.js';
export { SubStore } from './substore/sub-store.js';
export type { Substores } from './substore/substores.js';
export type { Tree, TreeOptions } from './substore/tree.js';
export type { TreeStores } from './substore/tree-stores.js';
export type { OnStoreError } from './substore/walk.js';
export type { Retirement, UpgradeWhen } from './upgrade/store-upgrader.js';
export {
  type OldValues,
  type UpgradeContext,
  type UpgradeInput,
  type UpgradeOptions,
  type UpgradeResult,
  type UpgradeShape,
  upgrade,
} from './upgrade/upgrade.js';
