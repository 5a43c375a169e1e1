package main

func code() {}
