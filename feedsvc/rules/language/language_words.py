"""What languages are told apart by: function words, letters that others lack, scripts that one language has to itself.

Pure: literal tables. To add a language written in Latin letters: one line of `FUNCTION_WORDS`, and one of `LETTERS`
if it has any of its own.
"""

from __future__ import annotations

FUNCTION_WORDS = {
    "en": "the of and to in is that for it with as was on are this be you by not have from or at an we has but will can which their",
    "de": "der die und das ist nicht ein eine zu den mit von für auf sich des dem auch werden wird wir sie oder sind bei im als nach",
    "fr": "le la les de des et est en un une que pour dans pas sur au du qui vous nous avec ce par sont plus il ne se cette aux",
    "es": "el la los de que y en un una es por para con no se las del al lo como más su este pero sus ha muy también",
    "pt": "o de que e do da em um uma para não com os as no na por mais se dos como ao você são foi das pelo também",
    "it": "il di che e la in un una per non è con del della sono le si da i gli come più dei questo al nel anche alla",
    "nl": "de het een en van is dat op te voor met niet zijn die aan er ook als door wordt naar bij om of deze maar worden",
    "sv": "och att det som en på är av för med den till inte ett om har de vi kan från eller du så var men efter",
    "da": "og at det en er til af på for den med der som de ikke et har vi kan om eller du fra vil blev efter mere",
    "nb": "og det er på som en for til av med ikke den et har vi kan om de eller du fra vil seg så ble etter mer",
    "fi": "ja on ei että se hän oli ovat mutta kun tai niin voi ole sen myös jos tämä kuin sekä mukaan joka ovat jotka",
    "pl": "i w na nie się z do to że jest jak o po za od co przez dla ale być są lub oraz może tym które jego tego",
    "cs": "a se na je že v to s z do o jsou pro jako ale by nebo které pokud jak být může také podle jeho který",
    "sk": "a sa na je že v to s z do o sú pre ako ale by alebo ktoré ak byť môže tiež podľa jeho ktorý nie",
    "hu": "a az és hogy nem is egy ez meg van de ha vagy mint csak ezt már még el lehet azt fel volt amely után",
    "tr": "ve bir bu için ile da de olarak daha çok en olan gibi veya ne var değil her kadar sonra olduğu ise",
    "id": "dan yang di untuk dengan ini dari dalam tidak pada itu adalah atau akan ke anda dapat kami juga oleh sebagai telah",
    "vi": "và của là các cho có không một trong được với những này để người khi từ đã như về trên đến tại nhiều",
    "ca": "el la els de que i en un una és per amb no es les del al més com aquest són ser dels també seva",
    "ro": "de și în la cu a care pe nu o din un este pentru că mai sau să ale al sunt fost după prin",
    "hr": "i je u na da se za su od koji ne kako ili bi s to će može ako što nije bio kao iz",
    "eo": "la kaj estas de en ne mi ke li por al vi pri kun sed oni el tiu ankaŭ ĝi",
}
LETTERS = {
    "de": "äöüß", "fr": "éèêàçùœ", "es": "ñ¿¡", "pt": "ãõç", "sv": "åäö", "da": "øæå", "nb": "øæå", "fi": "äö",
    "pl": "łżźśćńęą",
    "cs": "řěůčšž", "sk": "ľĺŕäôčšž", "hu": "őű", "tr": "ığş",
    "vi": "ăơưđạảấầẩậắặẹẻếềểệịỉọỏốồổộớờởợụủứừửựỳỵỷỹ", "ro": "șțăâî", "ca": "·ç",
    "hr": "čćđšž", "it": "àèìòù", "eo": "ĉĝĥĵŝŭ",
}  # fmt: skip
CYRILLIC_LETTERS = {"uk": "іїєґ", "sr": "ђћџљњј", "be": "ў", "ru": "ыэё", "kk": "қңғүұһәө", "mk": "ѓќѕ"}
PERSIAN_LETTERS = "پچژگک"
URDU_LETTERS = "ٹڈڑںےہ"

# script -> the language that is taken for it, as ranges of code points
SCRIPTS = (
    ("he", "\u0590-\u05ff"), ("ar", "\u0600-\u06ff"), ("hi", "\u0900-\u097f"), ("bn", "\u0980-\u09ff"), ("pa", "\u0a00-\u0a7f"),
    ("gu", "\u0a80-\u0aff"), ("ta", "\u0b80-\u0bff"), ("te", "\u0c00-\u0c7f"), ("kn", "\u0c80-\u0cff"), ("ml", "\u0d00-\u0d7f"),
    ("si", "\u0d80-\u0dff"), ("th", "\u0e00-\u0e7f"), ("lo", "\u0e80-\u0eff"), ("my", "\u1000-\u109f"), ("ka", "\u10a0-\u10ff"),
    ("am", "\u1200-\u137f"), ("km", "\u1780-\u17ff"), ("el", "\u0370-\u03ff"), ("hy", "\u0530-\u058f"),
)  # fmt: skip

# simplified, traditional: characters of everyday that differ
_PAIRS = (
    "们們个個这這来來时時说說对對会會过過还還没沒开開关關与與学學国國经經点點实實现現发發应應当當从從业業东東车車长長门門问問间間见見"
    "电電话話机機网網络絡号號语語让讓认認识識计計设設讯訊该該请請谁誰调調谈談论論资資费費买買卖賣质質赛賽进進远遠运運选選边邊达達"
    "陆陸队隊际際难難云雲静靜响響页頁项項预預领領题題类類愿願显顯风風飞飛馆館体體党黨齐齊龙龍万萬为為无無动動务務样樣图圖书書钱錢"
)
SIMPLIFIED = frozenset(_PAIRS[::2])
TRADITIONAL = frozenset(_PAIRS[1::2])
