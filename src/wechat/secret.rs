//! Secrets that are being changed.

pub use crate::base::secret::Secret;

/// A value being rotated: both work, the current one is tried first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotating<T> {
    /// The present value.
    pub current: T,
    /// The one before, while the platform may still use it.
    pub previous: Option<T>,
}

/// Which of two rotating values was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The present one.
    Current,
    /// The one before.
    Previous,
}

impl<T> Rotating<T> {
    /// A value without a predecessor.
    pub const fn only(current: T) -> Self {
        Self { current, previous: None }
    }

    /// The values in the order to try them.
    pub fn iter(&self) -> impl Iterator<Item = (Age, &T)> {
        core::iter::once((Age::Current, &self.current))
            .chain(self.previous.iter().map(|v| (Age::Previous, v)))
    }

    /// The value of that age; the current one when there is no previous one.
    pub fn of(&self, age: Age) -> &T {
        match age {
            Age::Current => &self.current,
            Age::Previous => self.previous.as_ref().unwrap_or(&self.current),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        let rotating = Rotating { current: Secret::new("hush"), previous: Some(Secret::new("older")) };
        assert_eq!(format!("{rotating:?}"), "Rotating { current: ***, previous: Some(***) }");
    }

    #[test]
    fn the_current_value_comes_first() {
        let rotating = Rotating { current: 2, previous: Some(1) };
        assert_eq!(rotating.iter().collect::<Vec<_>>(), [(Age::Current, &2), (Age::Previous, &1)]);
        assert_eq!(*Rotating::only(3).of(Age::Previous), 3);
    }
}
