import { boolean, type Default, Item, integer, item, reference, text } from 'corollary';

@item('company')
export class Company extends Item {
  @text({ indexed: true, fullText: true }) declare name: string;
}

@item('person')
export class Person extends Item {
  @text({ indexed: true }) declare name: string;
  @integer({ nullable: true }) declare age: number | null;
  @reference(() => Company, { nullable: true }) declare employer: Company | null;
  @boolean({ default: true }) declare active: Default<boolean>;
  @integer({ default: 5 }) declare visits: Default<number>;
  #seen = 1;
  see(): number {
    return ++this.#seen;
  }
}
