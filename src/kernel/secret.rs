//! Bytes that must not be seen: passwords, keys, asked values. Wiped when dropped; neither `Debug` nor `Display` nor `Serialize`.

use zeroize::Zeroize;

/// A value that is wiped from memory when dropped and that can't be printed.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes charge of a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself: every place that calls this is a place to review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
