//! Tests of aggregate.
