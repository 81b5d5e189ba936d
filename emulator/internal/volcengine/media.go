package volcengine

import "bytes"

// MediaBase begins the stored addresses of media that the emulator serves itself, for its own address may be another one
// tomorrow. What leaves the emulator has the address it was asked at instead.
const MediaBase = "http://media.emulator.invalid" + mediaPath

// mediaPath is where the emulator serves what is its own.
const mediaPath = "/_emulator"

// toHost puts the host at which we are reached into what leaves.
func toHost(host string, answer []byte) []byte {
	return bytes.ReplaceAll(answer, []byte(MediaBase), []byte("http://"+host+mediaPath))
}

// fromHost undoes toHost in what comes back, such as the picture of a group that is edited.
func fromHost(host string, body []byte) []byte {
	return bytes.ReplaceAll(body, []byte("http://"+host+mediaPath), []byte(MediaBase))
}
