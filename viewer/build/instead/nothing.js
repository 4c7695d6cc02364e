// In place of a module that is asked for and never used.
export default {};
