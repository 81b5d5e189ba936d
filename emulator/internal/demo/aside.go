package demo

import (
	"fmt"
	"strings"
	"time"

	"imdesk/emulator/internal/community"
)

// asides adds what is not ordinary talk: adverts and what people say to them, quarrels, a raid, a flood, and messages
// that are hard to draw.
func (s *seeder) asides(h *teller, r *room) error {
	if len(h.seats) == 0 {
		return nil
	}
	if r.is("ads") {
		if err := s.adverts(h, r); err != nil {
			return err
		}
	}
	if r.is("raid") {
		if err := s.raid(h, r); err != nil {
			return err
		}
	}
	if r.is("flood") {
		s.flood(h)
	}
	if strings.Contains(r.shelves, "quarrel") {
		for _, lang := range weights(r.langs) {
			sc := h.from("quarrel@"+lang.name, s.script.shelves["quarrel"][lang.name])
			if err := h.tell(sc, s.now.Add(-time.Duration(10+h.rng.IntN(40*60))*time.Minute)); err != nil {
				return err
			}
		}
	}
	if r.is("receipts") {
		if err := s.withReceipts(h); err != nil {
			return err
		}
	}
	if r.messages >= 900 {
		return s.oddities(h, r)
	}
	return nil
}

// withReceipts plays scenes in which every message asks for a read receipt.
func (s *seeder) withReceipts(h *teller) error {
	for i := range 12 {
		sc := h.next()
		first := len(h.msgs)
		if err := h.tell(sc, s.now.Add(-time.Duration(i*7+2)*time.Hour)); err != nil {
			return err
		}
		for _, m := range h.msgs[first:] {
			m.flags |= community.Receipts
		}
	}
	return nil
}

// adverts has each spammer in the room post a few times within the last hours. Some of it was recalled.
func (s *seeder) adverts(h *teller, r *room) error {
	for _, seat := range r.seats {
		if seat.campaign == "" {
			continue
		}
		for range 1 + h.rng.IntN(3) {
			sc := h.from("ads@"+seat.campaign, s.script.shelves["ads"][seat.campaign])
			ago := time.Duration(h.rng.Int64N(int64(min(seat.joined, 6*time.Hour)) + 1))
			if h.rng.IntN(12) == 0 {
				ago = time.Duration(h.rng.IntN(25)) * time.Minute
			}
			p := h.play(sc, h.present(s.now))
			p.parts['A'] = seat
			m, err := p.line()
			if err != nil {
				return err
			}
			if m.at = s.now.Add(-ago - 40*time.Second); h.rng.IntN(5) < 2 {
				m.state = community.Recalled
			}
			h.msgs = append(h.msgs, m)
			if h.rng.IntN(3) > 0 {
				continue
			}
			lang := "answer-" + weights(r.langs)[0].name
			if answer := h.from("ads@"+lang, s.script.shelves["ads"][lang]); answer != nil {
				if err := h.tell(answer, m.at.Add(time.Duration(8+h.rng.IntN(80))*time.Second)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// raid has the raiders post one text, in variants, within four minutes.
func (s *seeder) raid(h *teller, r *room) error {
	start := s.now.Add(-49 * time.Minute)
	for _, seat := range r.seats {
		if !seat.raider {
			continue
		}
		for range 2 + h.rng.IntN(5) {
			lang := "zh"
			if h.rng.IntN(3) == 0 {
				lang = "en"
			}
			p := h.play(h.from("raid@"+lang, s.script.shelves["raid"][lang]), h.present(s.now))
			p.parts['A'] = seat
			m, err := p.line()
			if err != nil {
				return err
			}
			m.at = start.Add(time.Duration(h.rng.Int64N(int64(4 * time.Minute))))
			if h.rng.IntN(3) == 0 {
				m.state = community.Recalled
			}
			h.msgs = append(h.msgs, m)
		}
	}
	return h.tell(s.script.shelves["raid"]["after"][0], start.Add(5*time.Minute))
}

// flood has one member press the same key for twenty seconds.
func (s *seeder) flood(h *teller) {
	who := h.seats[len(h.seats)-1]
	start := s.now.Add(-17 * time.Minute)
	for i := range 38 {
		h.msgs = append(h.msgs, &said{
			at: start.Add(time.Duration(i) * 520 * time.Millisecond), from: who, body: []elem{text("111111111111")}, random: h.rng.Uint32(), prio: normalPriority,
		})
	}
}

// oddities are long messages, strange ones, one of each element, and one near the largest size.
func (s *seeder) oddities(h *teller, r *room) error {
	for _, lang := range []string{"zh", "en", "odd"} {
		for _, sc := range s.script.shelves["long"][lang] {
			if lang == "odd" && h.rng.IntN(2) == 0 {
				continue
			}
			if err := h.tell(sc, s.now.Add(-time.Duration(1+h.rng.IntN(20*24))*time.Hour)); err != nil {
				return err
			}
		}
	}
	one := func(ago time.Duration, body ...elem) {
		h.msgs = append(h.msgs, &said{at: s.now.Add(-ago), from: h.seats[h.rng.IntN(h.present(s.now.Add(-ago)))], body: body, random: h.rng.Uint32(), prio: normalPriority})
	}
	photo, err := h.maker.image("photo", "1600x1067")
	if err != nil {
		return err
	}
	ancient := imageContent{UUID: h.maker.uuid(""), ImageFormat: 255, ImageInfoArray: []imageInfo{}}
	one(5*time.Hour, text("三张图一句话，一次发完"), photo, photo, elem{"TIMFaceElem", faceContent{14, "/微笑"}}, h.maker.sound(8))
	one(9*time.Hour, elem{"TIMImageElem", ancient}) // as clients before version 4 send it
	one(11*time.Hour, elem{"TIMFaceElem", faceContent{7, "\u0000\u0001\ufffd"}})
	one(26*time.Hour, elem{"TIMCustomElem", customContent{Data: "\u0001\u0002not JSON\u0000", Desc: "", Ext: ""}})
	one(27*time.Hour, elem{"TIMCustomElem", customContent{Data: `{"type":"poll","v":2,"title":"下周唱什么","options":[{"id":1,"text":"灯塔","votes":41},{"id":2,"text":"Low Tide","votes":39}],"open":true}`, Desc: "[投票] 下周唱什么"}})
	one(31*time.Hour, elem{"TIMLocationElem", placeContent{Desc: "", Latitude: -33.8568, Longitude: 151.2153}})
	one(50*time.Hour, h.maker.sound(61))
	one(52*time.Hour, h.maker.video(24), text("安可全程"))
	if r.id == "@TGS#2BTNX7AEK" {
		one(30*time.Hour, text(logDump(h)))
	}
	return nil
}

// logDump is what a developer pastes who was told to send the log: close to the largest message there can be.
func logDump(h *teller) string {
	var b strings.Builder
	b.WriteString("整段日志贴这了，抱歉刷屏 / whole log, sorry:\n")
	at := h.now.Add(-31 * time.Hour)
	events := words("recv send ack retry heartbeat reconnect pull merge sync drop resolve bind")
	for seq := 88_000; ; seq++ {
		at = at.Add(time.Duration(h.rng.IntN(900)) * time.Millisecond)
		line := fmt.Sprintf("%s D/IMSDK[%d] %s conv=@TGS#2BTNX7AEK seq=%d cost=%dms\n", at.In(community8).Format("15:04:05.000"), 3000+h.rng.IntN(9), pick(h.rng, events), seq, h.rng.IntN(400))
		// The envelope and the escaped line breaks take the rest.
		if b.Len()+len(line) > maxBody-360 {
			return b.String()
		}
		b.WriteString(line)
	}
}
