package demo

import "strings"

// The parts that people of the cast are named from. Each list is one string, to be read as text.

func words(s string) []string { return strings.Fields(s) }

var (
	zhSurnames = words("林 陈 王 李 张 刘 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 袁 潘 蔡 蒋 余 欧阳 司徒 慕容")
	zhGiven    = words("梅 晚 建国 小雨 志强 雅婷 浩然 梓涵 思远 雨桐 欣怡 子墨 佳琪 明轩 秀英 文博 晓东 海燕 丽华 俊杰 诗涵 一鸣 若曦 天宇 静怡 凯 敏 磊 婷 洋 雪 峰 琳 超 慧 锋 瑶 斌 倩 泽宇 沐阳 安然 知行 可欣 家豪 美玲 国栋 春梅 晨曦 予安")
	zhFirst    = words("爱吃鱼的 不想上班的 楼下的 深夜的 认真的 慢吞吞的 路过的 会弹琴的 起不来的 海边的 靠窗的 第三排的 失眠的 戴眼镜的 不加糖的 快乐的 佛系 资深 职业 退役 见习 一只 半只 隔壁 南方 北方 电子 复古 迷路的 充满电的 没睡醒的 会发光的")
	zhSecond   = words("小王 橘猫 鼓手 柠檬 土豆 鲸鱼 企鹅 阿姨 老板 同学 月亮 台灯 蘑菇 麻薯 豆浆 咸鱼 西瓜 汽水 火车 云朵 饭团 奶茶 船长 吉他 贝斯 磁带 键盘 邮差 松鼠 水獭 刺猬 便利店 风筝 石榴 玉米 青椒 栗子 棉花糖 路灯 雨伞")
	zhPlain    = words("阿豪 小鹿 大熊 老法师 阿月 糖糖 南风 北岛 木木 十一 七七 阿May 小K 大叔 米粒 初一 山竹 阿布 默默 半夏 清和 未央 拾光 听雨 逐风 星河 知了 青柠 白茶 陆离 一叶 阿珍 阿强 团子 Momo 可乐 豆豆 土豆 糯米 铁柱 翠花 二丫 老周 小满 谷雨 立夏 霜降 白露")
	zhEmoji    = words("🌸 🎧 🌙 🍑 🐱 🎸 ☕ 🌊 🍀 ✨ 🐳 🦊 🌧️ 🍉 🎹 🥁 🌻 🐼 🍵 🎤")
	zhPinyin   = words("chen lin wang zhang liu yang huang zhao wu zhou xu sun ma zhu hu guo he gao luo zheng liang xie song tang")
	zhPinyin2  = words("wei jing hao ting yu xin jie min lei fang yan chao bo qi rui tao meng ying kai ning xue feng na long")

	enFirst = words("Alice Ben Chloe Daniel Emma Farid Grace Henry Iris Jack Kiran Laura Marcus Nina Oliver Priya Quentin Rachel Sam Tomasz Uma Victor Wendy Xavier Yara Zoe Ravi Deepa Arjun Meera Liam Nora Ethan Maya Noah Leila Hugo Freya Oscar Ingrid Mateusz Željka Anders Siobhán Gareth Bronwen Kwame Amara Thandi Tunde")
	enLast  = words("Tan Lim Ng Lee Wong Smith Brown Patel Singh Kumar Sharma Nair Wójcik Kowalska Novak Müller Andersson Hansen O'Brien Murphy Jones Evans Owusu Okafor Mensah Dlamini Silva Rossi Bianchi Dubois Martin Weber Schmidt Visser Jansen García Petrov Ivanova Nguyen Pham Đorđević Papadopoulos Yılmaz Cohen")
	enNick  = words("dj_null wavetable mr.bean lowtide paperplane slowferry reverb_rat vinylvicky night.owl kopi_addict loop_station offbeat fuzzface minorkey tapehiss bassface quietriot skylark_ moss coda.exe sidechain lazydrummer capo2 ghostnote sundayleague hexkey plainjane nofret 404sleep teh_tarik")

	idFirst = words("Raka Budi Siti Dewi Agus Putri Rizky Ayu Bayu Indah Fajar Rina Dimas Wulan Arif Lestari Yoga Maya Hendra Nadia Eko Tari Galih Intan Bagas Laras")
	idLast  = words("Pratama Santoso Wijaya Lestari Nugroho Saputra Hidayat Permata Kusuma Rahmawati Setiawan Halim Maharani Gunawan Utami Siregar Simanjuntak Wibowo")

	msFirst = words("Nur Aisyah Siti Muhammad Ahmad Farah Hafiz Amira Izzat Syafiq Aina Danial Hana Zul Liyana Faiz Puteri Iman Adam Sofea")
	msLast  = words("Aisyah Rahman Ismail Abdullah Hassan Ibrahim Yusof Zainal Osman Karim Salleh Idris Halim Mansor Othman Jaafar")

	koNames = words("김서연 이도윤 박지우 최민준 정하은 강시우 조수아 윤예준 장지호 임서윤 한지민 오하준 서유나 신은우 권채원 황준서 안소율 송현우 유다인 홍이안 전나은 고태양 문별이 배수지")
	koNick  = words("밤산책 커피두잔 느린배 초코파이 새벽네시 북쪽창 달빛우산 고양이발바닥 퇴근하고싶다 감자전")
	jaNames = words("佐々木凛 田中陽菜 鈴木蓮 高橋葵 伊藤湊 渡辺結衣 山本樹 中村咲良 小林大和 加藤美月 吉田颯太 山田花音 松本律 井上紬 木村朝陽 林ひなた 清水奏 斎藤芽衣")
	jaNick  = words("夜更かし 猫背 終電 ほうじ茶 レコード屋 さんぽ道 月曜日 ねむい みかん箱 シンバル")
	arNames = words("يوسف_الحسيني ليلى_حداد عمر_خالد سارة_العلي محمد_ناصر نور_المصري خالد_العتيبي مريم_صالح حسن_كريم هدى_عباس طارق_زياد رنا_شاهين أحمد_منصور دانا_الخطيب سامي_حجازي")
	esFirst = words("Lucía Mateo Sofía Diego Valentina Pablo Camila Javier Elena Andrés Marta Iñaki Núria Joaquín Alba Rocío")
	esLast  = words("García López Fernández Martínez Ruiz Álvarez Moreno Castillo Ibáñez Núñez Vidal Serrano Ortega Muñoz")
)

// signatures are what people write below their name.
var signatures = strings.Split(strings.TrimSpace(`
只听现场
凌晨四点的便利店，灯比我更晚睡
不会弹，但是很吵
保持饥饿，保持低音
出物看相册，不刀
忙，有事留言
在学吉他，第 73 天
猫奴 / 贝斯手 / 打工人
愿你每次散场都有人一起走
今天也要好好吃饭
慢船到岸
拍照的，不修图
店铺主页有惊喜，售后找我
人间不值得但火锅值得
声音小一点，世界大一点
Left of the mixing desk
two cats, one ukulele
here for the encore
powered by kopi-o
mixing since 2009, finished since never
please do not quantize me
photos of buses, mostly
she/her · GMT+8
ask me about tote bags
no DM for tickets
half a step down is wisdom
Ngopi dulu
santai aja, yang penting sampai
hidup ini singkat, nyanyi saja
orang kampung
커피 두 잔
오늘도 무사히
月曜日は休みたい
深煎り派
القهوة أولاً
على مهلك
poco a poco
la vida en compás de tres
🎧🎧🎧
…
`), "\n")

// cities are Tag_Profile_IM_Location, at most 16 bytes.
var cities = words("上海 杭州 深圳 北京 广州 成都 南京 Singapore Jakarta Bandung Penang Seoul Tokyo Kyoto Madrid Riyadh Amman Berlin London Manila 台北 香港 厦门")
