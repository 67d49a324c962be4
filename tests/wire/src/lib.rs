//! Messages with every kind of field, for the tests beside this file.
