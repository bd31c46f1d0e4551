# With the feature `model` serde_json is among the dependencies, and compares its values with numbers: then the type of these sums
# no longer follows from what they are compared with.
s/let sum = range\.clone\(\)\.sum\(\);/let sum = range.clone().sum::<usize>();/
