// A client of the REST API as its documents describe it, signed by the vendor's own package. It goes through what support
// does, once in today's words and once in the older ones, and exits with 1 at the first surprise.
//
//	node client.js BASE SDKAPPID ADMIN KEY
import assert from "node:assert/strict";
import sig from "tls-sig-api-v2";

const [base, app, admin, key] = process.argv.slice(2);
const userSig = new sig.Api(Number(app), key).genUserSig(admin, 3600);

async function call(command, body) {
	const query = new URLSearchParams({ sdkappid: app, identifier: admin, usersig: userSig, random: String(Math.floor(Math.random() * 2 ** 32)), contenttype: "json" });
	const answer = await fetch(`${base}/v4/${command}?${query}`, { method: "POST", body: JSON.stringify(body) });
	assert.equal(answer.status, 200, command);
	return answer.json();
}

async function ok(command, body) {
	const answer = await call(command, body);
	assert.equal(answer.ErrorCode, 0, `${command}: ${answer.ErrorCode} ${answer.ErrorInfo}`);
	return answer;
}

async function refused(code, command, body) {
	const answer = await call(command, body);
	assert.equal(answer.ErrorCode, code, `${command}: ${answer.ErrorCode} ${answer.ErrorInfo}`);
	assert.equal(answer.ActionStatus, "FAIL", command);
}

const group = "group_open_http_svc/";
const text = (s) => [{ MsgType: "TIMTextElem", MsgContent: { Text: s } }];
const words = (body) => body[0].MsgContent.Text;
const random = () => Math.floor(Math.random() * 2 ** 32);
const now = () => Math.floor(Date.now() / 1000);

// vocabulary is what was renamed in 2022.
const vocabularies = {
	today: { mute: "MuteTime", muted: "get_group_muted_account", list: "MutedAccountList", until: "MutedUntil", all: "MuteAllMember", user: "UserID" },
	older: { mute: "ShutUpTime", muted: "get_group_shutted_uin", list: "ShuttedUinList", until: "ShuttedUntil", all: "ShutUpAllMember", user: "Identifier" },
};

for (const [name, v] of Object.entries(vocabularies)) {
	const id = `js_${name}`;
	await ok("im_open_login_svc/account_import", { [v.user]: "js_owner", Nick: "Owner 主人" });
	await ok("im_open_login_svc/multiaccount_import", { Accounts: ["js_ann", "js_bob"] });
	await ok(group + "create_group", { Type: "Public", Name: "script", GroupId: id, Owner_Account: "js_owner" });
	const added = await ok(group + "add_group_member", { GroupId: id, Silence: 1, MemberList: [{ Member_Account: "js_ann" }, { Member_Account: "js_bob" }, { Member_Account: "js_nobody" }] });
	assert.deepEqual(added.MemberList.map((m) => m.Result), [1, 1, 0]);

	// Messages: a seq each, history backwards, recall.
	const seqs = [];
	for (let i = 0; i < 23; i++) {
		const sent = await ok(group + "send_group_msg", { GroupId: id, From_Account: "js_ann", Random: random(), MsgBody: text(`line ${i} <&> 行`) });
		seqs.push(sent.MsgSeq);
	}
	assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i));
	const said = [];
	for (let top; ; ) {
		const page = await ok(group + "group_msg_get_simple", { GroupId: id, ReqMsgNumber: 20, ...(top && { ReqMsgSeq: top }) });
		said.push(...page.RspMsgList.filter((m) => m.IsSystemMsg !== 1).map((m) => words(m.MsgBody)));
		top = page.RspMsgList.at(-1).MsgSeq - 1;
		if (top < 1) break;
	}
	assert.deepEqual(said.reverse(), seqs.map((_, i) => `line ${i} <&> 行`));
	const recalled = await ok(group + "group_msg_recall", { GroupId: id, MsgSeqList: [{ MsgSeq: seqs[3] }, { MsgSeq: 9999 }] });
	assert.deepEqual(recalled.RecallRetList.map((r) => r.RetCode), [0, 10030]);
	const seen = await ok(group + "group_msg_get_simple", { GroupId: id, ReqMsgNumber: 1, ReqMsgSeq: seqs[3], WithRecalledMsg: 1 });
	assert.equal(seen.RspMsgList[0].IsPlaceMsg, 2);

	// Muting.
	await ok(group + "forbid_send_msg", { GroupId: id, Members_Account: ["js_ann"], [v.mute]: 60 });
	const muted = (await ok(group + v.muted, { GroupId: id }))[v.list];
	assert.equal(muted.length, 1);
	assert.ok(Math.abs(muted[0][v.until] - now() - 60) <= 2, "the end of the mute");
	await refused(10017, group + "send_group_msg", { GroupId: id, From_Account: "js_ann", Random: random(), MsgBody: text("?") });
	await ok(group + "forbid_send_msg", { GroupId: id, Members_Account: ["js_ann"], [v.mute]: 0 });
	await ok(group + "modify_group_base_info", { GroupId: id, [v.all]: "On" });
	await refused(10017, group + "send_group_msg", { GroupId: id, From_Account: "js_ann", Random: random(), MsgBody: text("?") });
	await ok(group + "modify_group_base_info", { GroupId: id, [v.all]: "Off" });

	// People.
	await ok("profile/portrait_set", { From_Account: "js_bob", ProfileItem: [{ Tag: "Tag_Profile_IM_Nick", Value: "Bob" }] });
	const profiles = await ok("profile/portrait_get", { To_Account: ["js_bob", "js_nobody"], TagList: ["Tag_Profile_IM_Nick"] });
	assert.equal(profiles.UserProfileItem[0].ProfileItem[0].Value, "Bob");
	assert.deepEqual(profiles.Fail_Account, ["js_nobody"]);
	const joined = await ok(group + "get_joined_group_list", { Member_Account: "js_bob" });
	assert.ok(joined.GroupIdList.some((g) => g.GroupId === id));
	await ok("im_open_login_svc/kick", { [v.user]: "js_bob" });
	await ok("openconfigsvr/setnospeaking", { Set_Account: "js_bob", C2CmsgNospeakingTime: 60, GroupmsgNospeakingTime: 0 });

	// One to one: pages go backwards, and are in order of time inside.
	const begun = now();
	const keys = [];
	for (let i = 0; i < 5; i++) {
		const sent = await ok("openim/sendmsg", { From_Account: "js_ann", To_Account: "js_bob", MsgSeq: i, MsgRandom: random(), MsgBody: text(`${name} ${i}`) });
		keys.push(sent.MsgKey);
	}
	const read = [];
	for (let until = now(), last = ""; ; ) {
		const page = await ok("openim/admin_getroammsg", {
			...(name === "today" ? { Operator_Account: "js_bob", Peer_Account: "js_ann" } : { From_Account: "js_bob", To_Account: "js_ann" }),
			MaxCnt: 2, MinTime: begun, MaxTime: until, ...(last && { LastMsgKey: last }),
		});
		read.unshift(...page.MsgList.filter((m) => words(m.MsgBody).startsWith(name)).map((m) => m.MsgKey));
		if (page.Complete === 1) break;
		[until, last] = [page.LastMsgTime, page.LastMsgKey];
	}
	assert.deepEqual(new Set(read), new Set(keys));
	assert.equal(read.length, keys.length);
	await ok("openim/admin_msgwithdraw", { From_Account: "js_ann", To_Account: "js_bob", MsgKey: keys[0] });
	await refused(20023, "openim/admin_msgwithdraw", { From_Account: "js_ann", To_Account: "js_bob", MsgKey: keys[0] });
	const batch = await ok("openim/batchsendmsg", { From_Account: "js_ann", To_Account: ["js_bob", "js_nobody"], MsgRandom: random(), MsgBody: text("all") });
	assert.equal(batch.ActionStatus, "SomeError");
	assert.deepEqual(batch.ErrorList, [{ To_Account: "js_nobody", ErrorCode: 70107 }]);

	await ok(group + "destroy_group", { GroupId: id });
	await refused(10010, group + "get_group_member_info", { GroupId: id });
}

const wrong = new sig.Api(Number(app), key + "0").genUserSig(admin, 3600);
const denied = await (await fetch(`${base}/v4/${group}get_appid_group_list?sdkappid=${app}&identifier=${admin}&usersig=${wrong}`, { method: "POST", body: "{}" })).json();
assert.equal(denied.ErrorCode, 70009);
console.log("ok");
