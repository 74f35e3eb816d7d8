import { boolean, type Default, Item, integer, item, reference, text } from 'corollary';

@item('company')
export class Company extends Item {
  @text({ indexed: true, fullText: true }) name!: string;
}

@item('person')
export class Person extends Item {
  @text({ indexed: true }) name!: string;
  @integer({ nullable: true }) age: number | null = null;
  @reference(() => Company, { nullable: true }) employer: Company | null = null;
  @boolean({ default: true }) active!: Default<boolean>;
  @integer() visits: Default<number> = 5;
  #seen = 1;
  see(): number {
    return ++this.#seen;
  }
}
