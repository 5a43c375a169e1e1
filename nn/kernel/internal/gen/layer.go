package main

func layer() {}
