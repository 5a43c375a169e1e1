package main

func peak() {}
