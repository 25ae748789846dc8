//! What is promised of answers: schemas, equal bytes at each door, documents, prompts and resources.
mod chatgpt;
mod extras;
mod openapi;
mod schemas;
