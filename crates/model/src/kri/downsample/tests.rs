//! Tests of downsample.
