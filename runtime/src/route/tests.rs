//! The rules of the table: what is most specific, what conflicts, what a variable takes.
