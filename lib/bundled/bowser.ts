/** Stands in for the package of this name in the bundles: the SDK asks it which browser it runs in, and only there. */
export default {};
