// Never run: `tsc -p test/forms/standard` checks that standard decorators are refused where legacy ones are.
import {
  bigint,
  type Default,
  decimal,
  dependsOn,
  fromParent,
  Item,
  integer,
  item,
  type Memory,
  reference,
  role,
  text,
} from 'corollary';

interface Speaker {
  speak(): void;
}
const Speaker = role<Speaker>('refused.speaker');

@item('company', { unique: [['name']] })
export class Company extends Item {
  @text() accessor name!: string;
}

// @ts-expect-error no such attribute
@item('person', { indexes: [['nam']] })
export class Person extends Item {
  // @ts-expect-error integer on string
  @integer() accessor a!: string;
  // @ts-expect-error null not announced
  @integer() accessor b!: number | null;
  // @ts-expect-error announced but not null
  @integer({ nullable: true }) c!: number;
  // @ts-expect-error never undefined
  @text() d?: string;
  // @ts-expect-error another class
  @reference(() => Company) accessor e!: Person;
  // @ts-expect-error default of the wrong type
  @integer({ default: 'x' }) f!: Default<number>;
  // @ts-expect-error bigint on number
  @bigint() g!: number;
  // @ts-expect-error decimal on string
  @decimal({ scale: 2 }) h!: string;
  // @ts-expect-error not on methods
  @text() i(): string {
    return '';
  }
  // @ts-expect-error not on static members
  @text() static j: string;
  // @ts-expect-error not on private members
  @text() #k!: string;
  // @ts-expect-error reserved
  @text() accessor self!: string;

  @text() accessor status!: 'new' | 'done';
  @integer({ default: 1 }) accessor count!: Default<number>;
  @reference(() => Company, { nullable: true }) accessor employer: Company | null = null;
  // @ts-expect-error another class
  @dependsOn(() => Company) accessor l: Person | null = null;
  // @ts-expect-error not of the role
  @fromParent(Speaker) readonly m!: { shout(): void };
  // @ts-expect-error it would be an attribute
  @fromParent(Speaker) accessor n!: Speaker;
  // @ts-expect-error not on static members
  @fromParent(Speaker) static readonly o: Speaker;
  @dependsOn(() => Company) accessor p: Company | null = null;
  @fromParent(Speaker) readonly q!: Speaker;
  @fromParent(Speaker) accessor r!: Memory<Speaker>;
  k(): string {
    return this.#k;
  }
}
