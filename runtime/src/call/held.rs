//! Keeps the last piece of a request's body from waking its connection.
//!
//! Whoever takes a piece of a body wakes the connection, so that it reads the next one. Of most requests the first piece is
//! the last, and the connection would be polled once more to find nothing to do: some 900 instructions. The wake-up comes
//! while the piece is being taken and on the same thread, which is how it is told from all others: none of those is lost.

use std::cell::Cell;
use std::mem;
use std::task::Waker;

thread_local! {
    /// Whether somebody holds the wake-ups of this thread.
    static HELD: Cell<bool> = const { Cell::new(false) };
    /// Who is to be woken after the hold. Apart from the other: a cell with nothing to drop costs next to nothing.
    static WANTED: Cell<Option<Waker>> = const { Cell::new(None) };
}

/// Wakes a connection's task, at once or when the wake-ups of this thread are let go.
#[inline]
pub(crate) fn wake(task: &Waker) {
    if HELD.get() {
        WANTED.set(Some(task.clone()));
    } else {
        task.wake_by_ref();
    }
}

/// The wake-ups of this thread, held for as long as this lives. A connection is woken from the outside alone or by the one
/// body that is being read, so that there is never more than one task to wake.
pub(super) struct Hold(());

impl Hold {
    #[inline]
    pub(super) fn begin() -> Self {
        HELD.set(true);
        Self(())
    }

    /// Nobody needs to be woken.
    #[inline]
    pub(super) fn forget(self) {
        HELD.set(false);
        WANTED.set(None);
        mem::forget(self);
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        HELD.set(false);
        if let Some(task) = WANTED.take() {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn task() -> (Arc<Count>, Waker) {
        let count = Arc::<Count>::default();
        (Arc::clone(&count), Waker::from(count))
    }

    fn woken(count: &Count) -> usize {
        count.0.load(Ordering::SeqCst)
    }

    #[test]
    fn a_held_wake_up_comes_with_the_end_of_the_hold() {
        let (count, task) = task();
        wake(&task);
        assert_eq!(woken(&count), 1);
        let hold = Hold::begin();
        wake(&task);
        assert_eq!(woken(&count), 1);
        drop(hold);
        assert_eq!(woken(&count), 2);
        wake(&task);
        assert_eq!(woken(&count), 3);
    }

    #[test]
    fn only_what_came_during_the_hold_is_forgotten() {
        let (count, task) = task();
        let hold = Hold::begin();
        wake(&task);
        hold.forget();
        assert_eq!(woken(&count), 0);
        wake(&task);
        assert_eq!(woken(&count), 1);
    }

    #[test]
    fn other_threads_wake_at_once() {
        let (count, task) = task();
        let hold = Hold::begin();
        std::thread::spawn(move || wake(&task)).join().unwrap();
        assert_eq!(woken(&count), 1);
        hold.forget();
    }

    #[test]
    fn a_panic_lets_go() {
        let (count, task) = task();
        let panic = crate::call::caught(|| {
            let _hold = Hold::begin();
            wake(&task);
            panic!("while reading");
        });
        assert!(panic.is_err());
        assert_eq!(woken(&count), 1);
    }
}
