import { boolean, type Default, Item, integer, item, reference, text } from 'corollary';

@item('company')
export class Company extends Item {
  @text({ indexed: true, fullText: true }) accessor name!: string;
}

@item('person')
export class Person extends Item {
  @text({ indexed: true }) accessor name!: string;
  @integer({ nullable: true }) accessor age: number | null = null;
  @reference(() => Company, { nullable: true }) accessor employer: Company | null = null;
  @boolean({ default: true }) accessor active!: Default<boolean>;
  @integer() accessor visits: Default<number> = 5;
  #seen = 1;
  see(): number {
    return ++this.#seen;
  }
}
