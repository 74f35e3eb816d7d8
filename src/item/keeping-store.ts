/**
 * What `item.store` answers. The room that owns the public Store fills it in by declaration merging, so that items can
 * be typed with a store that stands above them.
 */
export interface KeepingStore {
  readonly uid: string;
}
