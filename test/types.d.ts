// Express 4 under an alias has no types of its own here; what tests use of it is Express's.
declare module 'express4' {
  import express from 'express';
  export default express;
}
