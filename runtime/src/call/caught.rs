//! Panics of the user's code as errors: the one way in which the kit runs what it did not write.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use super::BoxFuture;
use crate::{Error, Result};

/// Runs user code, turning a panic into an error.
pub(crate) fn caught<T>(f: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| Error::panicked(text(&*panic)))
}

fn text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<&str>() {
        Some(text) => text,
        None => panic.downcast_ref::<String>().map_or("a value that is no text", String::as_str),
    }
}

/// A future of the user's: a panic while it is made, polled or dropped is its error.
///
/// It adds no allocation to the future's own.
pub(crate) struct Caught<'a, T> {
    /// `None` once it has ended. An `Err` is a future that could not even be made.
    begun: Option<Result<BoxFuture<'a, Result<T>>>>,
}

impl<'a, T> Caught<'a, T> {
    /// Makes the future.
    #[inline]
    pub(crate) fn begin(make: impl FnOnce() -> BoxFuture<'a, Result<T>>) -> Self {
        Self { begun: Some(caught(make)) }
    }

    /// One that has ended already.
    #[cfg(feature = "ws")]
    pub(crate) fn ended() -> Self {
        Self { begun: None }
    }

    /// One that was made by the kit, which runs nothing of the user's to make it.
    #[inline]
    pub(crate) fn made(future: BoxFuture<'a, Result<T>>) -> Self {
        Self { begun: Some(Ok(future)) }
    }
}

impl<T> Future for Caught<'_, T> {
    type Output = Result<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Result<T>> {
        let begun = &mut self.begun;
        // The outcome is written here and not carried through what catches: it is large, and most calls come this way.
        let mut polled = Poll::Pending;
        let outcome = caught(|| {
            if let Some(Ok(future)) = begun {
                polled = future.as_mut().poll(cx);
                if polled.is_ready() {
                    // Dropped here, so that a panic of its destructor is told as well.
                    *begun = None;
                }
            }
        });
        match outcome {
            Ok(()) if matches!(begun, Some(Err(_))) => match begun.take() {
                Some(Err(panic)) => Poll::Ready(Err(panic)),
                _ => Poll::Pending,
            },
            Ok(()) => polled,
            Err(panic) => {
                let future = begun.take();
                // Its destructor may panic as well; the first panic is the one to tell.
                let _ = caught(|| drop(future));
                Poll::Ready(Err(panic))
            }
        }
    }
}

impl<T> Drop for Caught<'_, T> {
    fn drop(&mut self) {
        if let Some(future) = self.begun.take() {
            // Nobody is left to be told.
            let _ = caught(|| drop(future));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("while being dropped");
        }
    }

    #[tokio::test]
    async fn a_future_that_cannot_be_made_is_an_error() {
        let error = Caught::<()>::begin(|| panic!("at once")).await.unwrap_err();
        assert!(error.message().contains("at once"), "{error:?}");
    }

    #[tokio::test]
    async fn a_panic_in_a_poll_is_the_one_that_is_told() {
        struct Panicking(Bomb);

        impl Future for Panicking {
            type Output = Result<()>;

            fn poll(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Result<()>> {
                panic!("in the middle")
            }
        }

        let error = Caught::begin(|| Box::pin(Panicking(Bomb))).await.unwrap_err();
        assert!(error.message().contains("in the middle"), "{error:?}");
    }

    #[test]
    fn a_future_that_is_given_up_may_panic_in_its_destructor() {
        let bomb = Bomb;
        drop(Caught::<()>::begin(|| {
            Box::pin(async move {
                let _bomb = bomb;
                Ok(())
            })
        }));
    }
}
