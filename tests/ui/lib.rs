//! Nothing of its own: the cases are in `tests/`.
