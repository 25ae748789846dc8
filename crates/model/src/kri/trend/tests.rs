//! Tests of trend.
