//! How much memory a message may take while it is decoded, whatever it is decoded from.
//!
//! Nothing is allocated here: who allocates asks first.

use super::Fault;

/// How much memory the elements of lists and maps may take, beyond what grows with the input.
const ELEMENTS_FLOOR: usize = 16 << 20;

/// How much memory they may take per byte of input.
const ELEMENTS_PER_BYTE: usize = 32;

/// The memory that lists and maps may still take.
///
/// An element of two bytes can be a struct of two kilobytes: without a bound four megabytes of input would become four
/// gigabytes of lists.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn of(length: usize) -> Self {
        Self(ELEMENTS_FLOOR.saturating_add(length.saturating_mul(ELEMENTS_PER_BYTE)))
    }

    /// For an input whose length nobody here knows: whoever opened it bounds what it may become.
    pub(crate) const fn unbounded() -> Self {
        Self(usize::MAX)
    }

    /// Takes the memory of one element.
    #[inline]
    pub(crate) fn take<T>(&mut self) -> Result<(), Fault> {
        self.take_many::<T>(1)
    }

    /// Takes the memory of so many elements.
    #[inline]
    pub(crate) fn take_many<T>(&mut self, count: usize) -> Result<(), Fault> {
        match self.0.checked_sub(size_of::<T>() * count) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(too_many()),
        }
    }
}

#[cold]
fn too_many() -> Fault {
    Fault::new("too many elements for a message of this size")
}
