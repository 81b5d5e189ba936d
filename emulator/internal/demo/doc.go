// Package demo fills an empty emulator with a believable community, so that a first start shows groups, people and
// months of talk, and keeps some of those people talking.
//
// Who there is stands in cast.go and names.go, which groups there are in rooms.go, and what people say in talk/*.txt,
// whose form script.go describes. newWorld puts people into groups, a teller has scenes played into a history, Seed
// stores it all, and Talk has further scenes played as time goes by. Chance comes from fixed seeds, one for each
// purpose, and times count back from now.
package demo
