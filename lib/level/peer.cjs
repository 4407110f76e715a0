'use strict';
// abstract-level, or an error that says what to install. In CommonJS, for both kinds of modules: only there can somebody catch that
// a package is missing, without making those wait who import it. What is named here is what the built level.js imports.
let peer;
try {
  peer = require('abstract-level');
  if (peer.AbstractSnapshot === undefined)
    throw new Error('this is an older version, without AbstractSnapshot');
} catch (cause) {
  const error = new Error(
    'flat-memdb/level needs the package abstract-level, version 3, which could not be loaded: npm install abstract-level@3',
    { cause },
  );
  error.code = 'MEMDB_NEEDS_ABSTRACT_LEVEL';
  throw error;
}
exports.AbstractLevel = peer.AbstractLevel;
exports.AbstractSublevel = peer.AbstractSublevel;
exports.AbstractSnapshot = peer.AbstractSnapshot;
exports.AbstractIterator = peer.AbstractIterator;
exports.AbstractKeyIterator = peer.AbstractKeyIterator;
exports.AbstractValueIterator = peer.AbstractValueIterator;
