mod event;
mod signature;
