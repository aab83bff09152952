//! A text's vector.

/// Numbers in a vector.
pub const VECTOR_WIDTH: usize = 384;

/// A direction: 384 numbers whose squares sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector(Box<[f32; VECTOR_WIDTH]>);

impl Vector {
    /// Brings `values` to length 1; all zeros stay as they are.
    pub fn normalised(mut values: Box<[f32; VECTOR_WIDTH]>) -> Self {
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            values.iter_mut().for_each(|value| *value /= length);
        }
        Self(values)
    }

    /// The cosine of the angle between both: 1 for the same direction. Between texts this model gives 0.7 to 1.
    pub fn dot(&self, other: &Self) -> f32 {
        self.0.iter().zip(other.0.iter()).map(|(a, b)| a * b).sum()
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        self.0.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_1_and_lies_on_itself() {
        let mut values = Box::new([0.0; VECTOR_WIDTH]);
        (values[0], values[383]) = (3.0, -4.0);
        let vector = Vector::normalised(values);
        assert_eq!((vector.values()[0], vector.values()[383]), (0.6, -0.8));
        assert!((vector.dot(&vector) - 1.0).abs() < 1e-6);
        assert_eq!(Vector::normalised(Box::new([0.0; VECTOR_WIDTH])).dot(&vector), 0.0);
    }
}
