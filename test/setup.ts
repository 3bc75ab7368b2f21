/** Before all tests: Express does not write the errors that tests provoke to standard error. */

process.env.NODE_ENV = 'test';
