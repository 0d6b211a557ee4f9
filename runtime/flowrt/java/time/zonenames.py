"""Names of time zones in English (facts of the Unicode CLDR as Java 25 has them)."""

from __future__ import annotations

# Zone ids, then tab-separated: short standard, short daylight, long standard, long daylight, short generic,
# long generic name.  A name that is an offset (GMT-03:00) stands for "no name".
_DATA = """\
Africa/Windhoek		CAT		Windhoek Daylight Time		
Australia/Darwin Australia/North	ACST		Australian Central Standard Time		ACT	Australian Central Time
Australia/Adelaide Australia/Broken_Hill Australia/South Australia/Yancowinna	ACST	ACDT	Australian Central Standard Time	Australian Central Daylight Time	ACT	Australian Central Time
Australia/Brisbane Australia/Lindeman Australia/Queensland	AEST		Australian Eastern Standard Time		AET	Australian Eastern Time
Antarctica/Macquarie Australia/ACT Australia/Canberra Australia/Currie Australia/Hobart Australia/Melbourne Australia/NSW Australia/Sydney Australia/Tasmania Australia/Victoria	AEST	AEDT	Australian Eastern Standard Time	Australian Eastern Daylight Time	AET	Australian Eastern Time
America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat US/Alaska	AKST	AKDT	Alaska Standard Time	Alaska Daylight Time	AKT	Alaska Time
America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon America/Curacao America/Dominica America/Grenada America/Guadeloupe America/Kralendijk America/Lower_Princes America/Marigot America/Martinique America/Montserrat America/Port_of_Spain America/Puerto_Rico America/Santo_Domingo America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent America/Tortola America/Virgin	AST		Atlantic Standard Time		AT	Atlantic Time
America/Glace_Bay America/Goose_Bay America/Halifax America/Moncton America/Thule Atlantic/Bermuda Canada/Atlantic	AST	ADT	Atlantic Standard Time	Atlantic Daylight Time	AT	Atlantic Time
Antarctica/Casey Australia/Perth Australia/West	AWST		Australian Western Standard Time		AWT	Australian Western Time
Africa/Blantyre	CAT		Central Africa Time		CAT	Blantyre Time
Africa/Bujumbura	CAT		Central Africa Time		CAT	Bujumbura Time
Africa/Gaborone	CAT		Central Africa Time		CAT	Gaborone Time
Africa/Harare	CAT		Central Africa Time		CAT	Harare Time
Africa/Juba	CAT		Central Africa Time		CAT	Juba Time
Africa/Khartoum	CAT		Central Africa Time		CAT	Khartoum Time
Africa/Kigali	CAT		Central Africa Time		CAT	Kigali Time
Africa/Lubumbashi	CAT		Central Africa Time		CAT	Lubumbashi Time
Africa/Lusaka	CAT		Central Africa Time		CAT	Lusaka Time
Africa/Maputo	CAT		Central Africa Time		CAT	Maputo Time
Africa/Algiers Africa/Tunis	CET		Central European Standard Time		CET	Central European Time
Africa/Ceuta Arctic/Longyearbyen Atlantic/Jan_Mayen CET Europe/Amsterdam Europe/Andorra Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Monaco Europe/Oslo Europe/Paris Europe/Podgorica Europe/Prague Europe/Rome Europe/San_Marino Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Warsaw Europe/Zagreb Europe/Zurich MET Poland	CET	CEST	Central European Standard Time	Central European Summer Time	CET	Central European Time
America/Bahia_Banderas America/Belize America/Chihuahua America/Costa_Rica America/El_Salvador America/Guatemala America/Managua America/Merida America/Mexico_City America/Monterrey America/Regina America/Swift_Current America/Tegucigalpa Canada/Saskatchewan Mexico/General	CST		Central Standard Time		CT	Central Time
Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai PRC	CST		China Standard Time		CT	China Time
Asia/Taipei	CST		Taiwan Standard Time		CT	Taiwan Time
America/Chicago America/Indiana/Knox America/Indiana/Tell_City America/Knox_IN America/Matamoros America/Menominee America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem America/Ojinaga America/Rainy_River America/Rankin_Inlet America/Resolute America/Winnipeg CST6CDT Canada/Central US/Central US/Indiana-Starke	CST	CDT	Central Standard Time	Central Daylight Time	CT	Central Time
America/Havana Cuba	CST	CDT	Cuba Standard Time	Cuba Daylight Time	CT	Cuba Time
Pacific/Guam	ChST		Chamorro Standard Time		ChST	Guam Time
Pacific/Saipan	ChST		Chamorro Standard Time		ChST	Saipan Time
Africa/Addis_Ababa	EAT		East Africa Time		EAT	Addis Ababa Time
Indian/Antananarivo	EAT		East Africa Time		EAT	Antananarivo Time
Africa/Asmara Africa/Asmera	EAT		East Africa Time		EAT	Asmara Time
Indian/Comoro	EAT		East Africa Time		EAT	Comoro Time
Africa/Dar_es_Salaam	EAT		East Africa Time		EAT	Dar es Salaam Time
Africa/Djibouti	EAT		East Africa Time		EAT	Djibouti Time
Africa/Kampala	EAT		East Africa Time		EAT	Kampala Time
Indian/Mayotte	EAT		East Africa Time		EAT	Mayotte Time
Africa/Mogadishu	EAT		East Africa Time		EAT	Mogadishu Time
Africa/Nairobi	EAT		East Africa Time		EAT	Nairobi Time
Africa/Tripoli Europe/Kaliningrad Libya	EET		Eastern European Standard Time		EET	Eastern European Time
Africa/Cairo Asia/Beirut Asia/Gaza Asia/Hebron Asia/Nicosia EET Egypt Europe/Athens Europe/Bucharest Europe/Chisinau Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Mariehamn Europe/Nicosia Europe/Riga Europe/Sofia Europe/Tallinn Europe/Tiraspol Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye	EET	EEST	Eastern European Standard Time	Eastern European Summer Time	EET	Eastern European Time
Asia/Famagusta	EET	EEST	Famagusta Standard Time	Famagusta Daylight Time	EET	Famagusta Time
America/Atikokan America/Cancun America/Cayman America/Coral_Harbour America/Jamaica America/Panama Jamaica	EST		Eastern Standard Time		ET	Eastern Time
America/Detroit America/Fort_Wayne America/Grand_Turk America/Indiana/Indianapolis America/Indiana/Marengo America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac America/Indianapolis America/Iqaluit America/Kentucky/Louisville America/Kentucky/Monticello America/Louisville America/Montreal America/Nassau America/New_York America/Nipigon America/Pangnirtung America/Port-au-Prince America/Thunder_Bay America/Toronto Canada/Eastern EST5EDT US/East-Indiana US/Eastern US/Michigan	EST	EDT	Eastern Standard Time	Eastern Daylight Time	ET	Eastern Time
Africa/Abidjan	GMT		Greenwich Mean Time		GMT	Abidjan Time
Africa/Accra	GMT		Greenwich Mean Time		GMT	Accra Time
Africa/Bamako Africa/Timbuktu	GMT		Greenwich Mean Time		GMT	Bamako Time
Africa/Banjul	GMT		Greenwich Mean Time		GMT	Banjul Time
Africa/Bissau	GMT		Greenwich Mean Time		GMT	Bissau Time
Africa/Conakry	GMT		Greenwich Mean Time		GMT	Conakry Time
Africa/Dakar	GMT		Greenwich Mean Time		GMT	Dakar Time
America/Danmarkshavn	GMT		Greenwich Mean Time		GMT	Danmarkshavn Time
Africa/Freetown	GMT		Greenwich Mean Time		GMT	Freetown Time
Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich GMT GMT0 Greenwich	GMT		Greenwich Mean Time		GMT	Greenwich Mean Time
Africa/Lome	GMT		Greenwich Mean Time		GMT	Lome Time
Africa/Monrovia	GMT		Greenwich Mean Time		GMT	Monrovia Time
Africa/Nouakchott	GMT		Greenwich Mean Time		GMT	Nouakchott Time
Africa/Ouagadougou	GMT		Greenwich Mean Time		GMT	Ouagadougou Time
Atlantic/Reykjavik Iceland	GMT		Greenwich Mean Time		GMT	Reykjavik Time
Atlantic/St_Helena	GMT		Greenwich Mean Time		GMT	St. Helena Time
Africa/Sao_Tome	GMT		Greenwich Mean Time		GMT	São Tomé Time
Europe/Guernsey	GMT	BST	Greenwich Mean Time	British Summer Time	GMT	Guernsey Time
Europe/Isle_of_Man	GMT	BST	Greenwich Mean Time	British Summer Time	GMT	Isle of Man Time
Europe/Jersey	GMT	BST	Greenwich Mean Time	British Summer Time	GMT	Jersey Time
Europe/Belfast Europe/London GB GB-Eire	GMT	BST	Greenwich Mean Time	British Summer Time	GMT	London Time
Antarctica/Troll	GMT	GMT	Greenwich Mean Time	Troll Daylight Time	GMT	Troll Time
Africa/Casablanca	GMT	GMT+01:00	Casablanca Standard Time	Casablanca Daylight Time	GMT	Casablanca Time
Africa/El_Aaiun	GMT	GMT+01:00	El Aaiun Standard Time	El Aaiun Daylight Time	GMT	El Aaiun Time
Eire Europe/Dublin	GMT	IST	Greenwich Mean Time	Irish Standard Time	GMT	Dublin Time
Etc/GMT-1	GMT+01:00		GMT+01:00		GMT+01:00	GMT+01:00
Etc/GMT-2	GMT+02:00		GMT+02:00		GMT+02:00	GMT+02:00
Asia/Amman	GMT+03:00		Amman Standard Time		GMT+03:00	Amman Time
Asia/Aden Asia/Baghdad Asia/Bahrain Asia/Kuwait Asia/Qatar Asia/Riyadh	GMT+03:00		Arabian Standard Time		GMT+03:00	Arabian Time
Asia/Damascus	GMT+03:00		Damascus Standard Time		GMT+03:00	Damascus Time
Etc/GMT-3	GMT+03:00		GMT+03:00		GMT+03:00	GMT+03:00
Asia/Istanbul Europe/Istanbul Turkey	GMT+03:00		Istanbul Standard Time		GMT+03:00	Istanbul Time
Antarctica/Syowa	GMT+03:00		Syowa Time		GMT+03:00	Syowa Time
Asia/Tehran Iran	GMT+03:30		Iran Standard Time		GMT+03:30	Iran Time
Asia/Yerevan	GMT+04:00		Armenia Standard Time		GMT+04:00	Armenia Time
Europe/Astrakhan	GMT+04:00		Astrakhan Standard Time		GMT+04:00	Astrakhan Time
Asia/Baku	GMT+04:00		Azerbaijan Standard Time		GMT+04:00	Azerbaijan Time
Etc/GMT-4	GMT+04:00		GMT+04:00		GMT+04:00	GMT+04:00
Asia/Tbilisi	GMT+04:00		Georgia Standard Time		GMT+04:00	Georgia Time
Asia/Dubai	GMT+04:00		Gulf Standard Time		GMT+04:00	Dubai Time
Asia/Muscat	GMT+04:00		Gulf Standard Time		GMT+04:00	Muscat Time
Indian/Mauritius	GMT+04:00		Mauritius Standard Time		GMT+04:00	Mauritius Time
Indian/Reunion	GMT+04:00		Réunion Time		GMT+04:00	Réunion Time
Europe/Samara	GMT+04:00		Samara Standard Time		GMT+04:00	Samara Time
Europe/Saratov	GMT+04:00		Saratov Standard Time		GMT+04:00	Saratov Time
Indian/Mahe	GMT+04:00		Seychelles Time		GMT+04:00	Mahe Time
Europe/Ulyanovsk	GMT+04:00		Ulyanovsk Standard Time		GMT+04:00	Ulyanovsk Time
Asia/Kabul	GMT+04:30		Afghanistan Time		GMT+04:30	Kabul Time
Indian/Kerguelen	GMT+05:00		French Southern & Antarctic Time		GMT+05:00	Kerguelen Time
Indian/Maldives	GMT+05:00		French Southern & Antarctic Time		GMT+05:00	Maldives Time
Etc/GMT-5	GMT+05:00		GMT+05:00		GMT+05:00	GMT+05:00
Asia/Almaty	GMT+05:00		Kazakhstan Time		GMT+05:00	Almaty Time
Asia/Aqtau	GMT+05:00		Kazakhstan Time		GMT+05:00	Aqtau Time
Asia/Aqtobe	GMT+05:00		Kazakhstan Time		GMT+05:00	Aqtobe Time
Asia/Atyrau	GMT+05:00		Kazakhstan Time		GMT+05:00	Atyrau Time
Asia/Qostanay	GMT+05:00		Kazakhstan Time		GMT+05:00	Kostanay Time
Asia/Oral	GMT+05:00		Kazakhstan Time		GMT+05:00	Oral Time
Asia/Qyzylorda	GMT+05:00		Kazakhstan Time		GMT+05:00	Qyzylorda Time
Antarctica/Mawson	GMT+05:00		Mawson Time		GMT+05:00	Mawson Time
Asia/Dushanbe	GMT+05:00		Tajikistan Time		GMT+05:00	Dushanbe Time
Asia/Ashgabat Asia/Ashkhabad	GMT+05:00		Turkmenistan Standard Time		GMT+05:00	Turkmenistan Time
Asia/Samarkand Asia/Tashkent	GMT+05:00		Uzbekistan Standard Time		GMT+05:00	Uzbekistan Time
Antarctica/Vostok	GMT+05:00		Vostok Time		GMT+05:00	Vostok Time
Asia/Yekaterinburg	GMT+05:00		Yekaterinburg Standard Time		GMT+05:00	Yekaterinburg Time
Asia/Kathmandu Asia/Katmandu	GMT+05:45		Nepal Time		GMT+05:45	Kathmandu Time
Asia/Dacca Asia/Dhaka	GMT+06:00		Bangladesh Standard Time		GMT+06:00	Bangladesh Time
Asia/Thimbu Asia/Thimphu	GMT+06:00		Bhutan Time		GMT+06:00	Thimphu Time
Etc/GMT-6	GMT+06:00		GMT+06:00		GMT+06:00	GMT+06:00
Indian/Chagos	GMT+06:00		Indian Ocean Time		GMT+06:00	Chagos Time
Asia/Bishkek	GMT+06:00		Kyrgyzstan Time		GMT+06:00	Bishkek Time
Asia/Omsk	GMT+06:00		Omsk Standard Time		GMT+06:00	Omsk Time
Asia/Kashgar Asia/Urumqi	GMT+06:00		Urumqi Standard Time		GMT+06:00	Urumqi Time
Indian/Cocos	GMT+06:30		Cocos Islands Time		GMT+06:30	Cocos Islands Time
Asia/Yangon	GMT+06:30		Cocos Islands Time		GMT+06:30	Yangon Time
Asia/Rangoon	GMT+06:30		Myanmar Time		GMT+06:30	Yangon Time
Asia/Barnaul	GMT+07:00		Barnaul Standard Time		GMT+07:00	Barnaul Time
Indian/Christmas	GMT+07:00		Christmas Island Time		GMT+07:00	Christmas Island Time
Antarctica/Davis	GMT+07:00		Davis Time		GMT+07:00	Davis Time
Etc/GMT-7	GMT+07:00		GMT+07:00		GMT+07:00	GMT+07:00
Asia/Hovd	GMT+07:00		Hovd Standard Time		GMT+07:00	Hovd Time
Asia/Bangkok	GMT+07:00		Indochina Time		GMT+07:00	Bangkok Time
Asia/Ho_Chi_Minh Asia/Saigon	GMT+07:00		Indochina Time		GMT+07:00	Ho Chi Minh City Time
Asia/Phnom_Penh	GMT+07:00		Indochina Time		GMT+07:00	Phnom Penh Time
Asia/Vientiane	GMT+07:00		Indochina Time		GMT+07:00	Vientiane Time
Asia/Krasnoyarsk Asia/Novokuznetsk	GMT+07:00		Krasnoyarsk Standard Time		GMT+07:00	Krasnoyarsk Time
Asia/Novosibirsk	GMT+07:00		Novosibirsk Standard Time		GMT+07:00	Novosibirsk Time
Asia/Tomsk	GMT+07:00		Tomsk Standard Time		GMT+07:00	Tomsk Time
Asia/Brunei	GMT+08:00		Brunei Time		GMT+08:00	Brunei Time
Asia/Kuching	GMT+08:00		Brunei Time		GMT+08:00	Kuching Time
Etc/GMT-8	GMT+08:00		GMT+08:00		GMT+08:00	GMT+08:00
Asia/Irkutsk	GMT+08:00		Irkutsk Standard Time		GMT+08:00	Irkutsk Time
Asia/Kuala_Lumpur	GMT+08:00		Malaysia Time		GMT+08:00	Kuala Lumpur Time
Asia/Singapore Singapore	GMT+08:00		Singapore Standard Time		GMT+08:00	Singapore Time
Asia/Choibalsan Asia/Ulaanbaatar Asia/Ulan_Bator	GMT+08:00		Ulaanbaatar Standard Time		GMT+08:00	Ulaanbaatar Time
Australia/Eucla	GMT+08:45		Australian Central Western Standard Time		GMT+08:45	Australian Central Western Time
Etc/GMT-9	GMT+09:00		GMT+09:00		GMT+09:00	GMT+09:00
Pacific/Palau	GMT+09:00		Palau Time		GMT+09:00	Palau Time
Asia/Dili	GMT+09:00		Timor-Leste Time		GMT+09:00	Dili Time
Asia/Chita Asia/Khandyga Asia/Yakutsk	GMT+09:00		Yakutsk Standard Time		GMT+09:00	Yakutsk Time
Pacific/Truk	GMT+10:00		Chuuk Time		GMT+10:00	Chuuk Time
Antarctica/DumontDUrville	GMT+10:00		Dumont d’Urville Time		GMT+10:00	Dumont-d’Urville Time
Pacific/Port_Moresby	GMT+10:00		Dumont d’Urville Time		GMT+10:00	Port Moresby Time
Etc/GMT-10	GMT+10:00		GMT+10:00		GMT+10:00	GMT+10:00
Pacific/Chuuk Pacific/Yap	GMT+10:00		Papua New Guinea Time		GMT+10:00	Chuuk Time
Asia/Ust-Nera Asia/Vladivostok	GMT+10:00		Vladivostok Standard Time		GMT+10:00	Vladivostok Time
Australia/LHI Australia/Lord_Howe	GMT+10:30	GMT+11:00	Lord Howe Standard Time	Lord Howe Daylight Time	GMT+10:30	Lord Howe Time
Pacific/Bougainville	GMT+11:00		Bougainville Standard Time		GMT+11:00	Bougainville Time
Etc/GMT-11	GMT+11:00		GMT+11:00		GMT+11:00	GMT+11:00
Pacific/Kosrae	GMT+11:00		Kosrae Time		GMT+11:00	Kosrae Time
Asia/Magadan	GMT+11:00		Magadan Standard Time		GMT+11:00	Magadan Time
Pacific/Noumea	GMT+11:00		New Caledonia Standard Time		GMT+11:00	New Caledonia Time
Asia/Sakhalin	GMT+11:00		Sakhalin Standard Time		GMT+11:00	Sakhalin Time
Pacific/Guadalcanal	GMT+11:00		Solomon Islands Time		GMT+11:00	Guadalcanal Time
Pacific/Pohnpei Pacific/Ponape	GMT+11:00		Solomon Islands Time		GMT+11:00	Pohnpei Time
Asia/Srednekolymsk	GMT+11:00		Srednekolymsk Standard Time		GMT+11:00	Srednekolymsk Time
Pacific/Efate	GMT+11:00		Vanuatu Standard Time		GMT+11:00	Vanuatu Time
Pacific/Norfolk	GMT+11:00	GMT+12:00	Norfolk Island Standard Time	Norfolk Island Daylight Time	GMT+11:00	Norfolk Island Time
Asia/Anadyr	GMT+12:00		Anadyr Standard Time		GMT+12:00	Anadyr Time
Pacific/Fiji	GMT+12:00		Fiji Standard Time		GMT+12:00	Fiji Time
Etc/GMT-12	GMT+12:00		GMT+12:00		GMT+12:00	GMT+12:00
Pacific/Wallis	GMT+12:00		Gilbert Islands Time		GMT+12:00	Wallis Time
Asia/Kamchatka	GMT+12:00		Kamchatka Standard Time		GMT+12:00	Kamchatka Time
Kwajalein Pacific/Kwajalein	GMT+12:00		Marshall Islands Time		GMT+12:00	Kwajalein Time
Pacific/Majuro	GMT+12:00		Marshall Islands Time		GMT+12:00	Majuro Time
Pacific/Tarawa	GMT+12:00		Marshall Islands Time		GMT+12:00	Tarawa Time
Pacific/Nauru	GMT+12:00		Nauru Time		GMT+12:00	Nauru Time
Pacific/Funafuti	GMT+12:00		Tuvalu Time		GMT+12:00	Funafuti Time
Pacific/Wake	GMT+12:00		Wake Island Time		GMT+12:00	Wake Island Time
NZ-CHAT Pacific/Chatham	GMT+12:45	GMT+13:45	Chatham Standard Time	Chatham Daylight Time	GMT+12:45	Chatham Time
Etc/GMT-13	GMT+13:00		GMT+13:00		GMT+13:00	GMT+13:00
Pacific/Enderbury Pacific/Kanton	GMT+13:00		Phoenix Islands Time		GMT+13:00	Enderbury Time
Pacific/Apia	GMT+13:00		Samoa Standard Time		GMT+13:00	Samoa Time
Pacific/Fakaofo	GMT+13:00		Tokelau Time		GMT+13:00	Fakaofo Time
Pacific/Tongatapu	GMT+13:00		Tonga Standard Time		GMT+13:00	Tonga Time
Etc/GMT-14	GMT+14:00		GMT+14:00		GMT+14:00	GMT+14:00
Pacific/Kiritimati	GMT+14:00		Line Islands Time		GMT+14:00	Kiritimati Time
Atlantic/Cape_Verde	GMT-01:00		Cape Verde Standard Time		GMT-01:00	Cape Verde Time
Etc/GMT+1	GMT-01:00		GMT-01:00		GMT-01:00	GMT-01:00
Atlantic/Azores	GMT-01:00	GMT	Azores Standard Time	Azores Summer Time	GMT-01:00	Azores Time
America/Noronha Brazil/DeNoronha	GMT-02:00		Fernando de Noronha Standard Time		GMT-02:00	Fernando de Noronha Time
Etc/GMT+2	GMT-02:00		GMT-02:00		GMT-02:00	GMT-02:00
Atlantic/South_Georgia	GMT-02:00		South Georgia Time		GMT-02:00	South Georgia Time
America/Godthab America/Nuuk America/Scoresbysund	GMT-02:00	GMT-01:00	Greenland Standard Time	Greenland Summer Time	GMT-02:00	Greenland Time
America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia America/Buenos_Aires America/Catamarca America/Cordoba America/Jujuy America/Mendoza America/Rosario	GMT-03:00		Argentina Standard Time		GMT-03:00	Argentina Time
America/Araguaina America/Bahia America/Belem America/Fortaleza America/Maceio America/Recife America/Santarem America/Sao_Paulo Brazil/East	GMT-03:00		Brasilia Standard Time		GMT-03:00	Brasilia Time
Atlantic/Stanley	GMT-03:00		Falkland Islands Standard Time		GMT-03:00	Falkland Islands Time
America/Cayenne	GMT-03:00		French Guiana Time		GMT-03:00	Cayenne Time
Etc/GMT+3	GMT-03:00		GMT-03:00		GMT-03:00	GMT-03:00
Antarctica/Palmer	GMT-03:00		Palmer Standard Time		GMT-03:00	Palmer Time
America/Punta_Arenas	GMT-03:00		Punta Arenas Standard Time		GMT-03:00	Punta Arenas Time
Antarctica/Rothera	GMT-03:00		Rothera Time		GMT-03:00	Rothera Time
America/Paramaribo	GMT-03:00		Suriname Time		GMT-03:00	Paramaribo Time
America/Montevideo	GMT-03:00		Uruguay Standard Time		GMT-03:00	Uruguay Time
America/Coyhaique	GMT-03:00	GMT-02:00	Coyhaique Standard Time	Coyhaique Daylight Time	GMT-03:00	Coyhaique Time
America/Asuncion	GMT-03:00	GMT-02:00	Paraguay Standard Time	Paraguay Summer Time	GMT-03:00	Paraguay Time
America/Miquelon	GMT-03:00	GMT-02:00	St. Pierre & Miquelon Standard Time	St. Pierre & Miquelon Daylight Time	GMT-03:00	St. Pierre & Miquelon Time
America/Boa_Vista America/Campo_Grande America/Cuiaba America/Manaus America/Porto_Velho Brazil/West	GMT-04:00		Amazon Standard Time		GMT-04:00	Amazon Time
America/La_Paz	GMT-04:00		Bolivia Time		GMT-04:00	La Paz Time
Etc/GMT+4	GMT-04:00		GMT-04:00		GMT-04:00	GMT-04:00
America/Guyana	GMT-04:00		Guyana Time		GMT-04:00	Guyana Time
America/Caracas	GMT-04:00		Venezuela Time		GMT-04:00	Caracas Time
America/Santiago Chile/Continental	GMT-04:00	GMT-03:00	Chile Standard Time	Chile Summer Time	GMT-04:00	Chile Time
America/Eirunepe America/Porto_Acre America/Rio_Branco Brazil/Acre	GMT-05:00		Acre Standard Time		GMT-05:00	Acre Time
America/Bogota	GMT-05:00		Colombia Standard Time		GMT-05:00	Colombia Time
America/Guayaquil	GMT-05:00		Ecuador Time		GMT-05:00	Guayaquil Time
Etc/GMT+5	GMT-05:00		GMT-05:00		GMT-05:00	GMT-05:00
America/Lima	GMT-05:00		Peru Standard Time		GMT-05:00	Peru Time
Etc/GMT+6	GMT-06:00		GMT-06:00		GMT-06:00	GMT-06:00
Pacific/Galapagos	GMT-06:00		Galapagos Time		GMT-06:00	Galapagos Time
Chile/EasterIsland Pacific/Easter	GMT-06:00	GMT-05:00	Easter Island Standard Time	Easter Island Summer Time	GMT-06:00	Easter Island Time
Etc/GMT+7	GMT-07:00		GMT-07:00		GMT-07:00	GMT-07:00
Etc/GMT+8	GMT-08:00		GMT-08:00		GMT-08:00	GMT-08:00
Pacific/Pitcairn	GMT-08:00		Pitcairn Time		GMT-08:00	Pitcairn Time
Etc/GMT+9	GMT-09:00		GMT-09:00		GMT-09:00	GMT-09:00
Pacific/Gambier	GMT-09:00		Gambier Time		GMT-09:00	Gambier Time
Pacific/Marquesas	GMT-09:30		Marquesas Time		GMT-09:30	Marquesas Time
Pacific/Rarotonga	GMT-10:00		Cook Islands Standard Time		GMT-10:00	Cook Islands Time
Etc/GMT+10	GMT-10:00		GMT-10:00		GMT-10:00	GMT-10:00
Pacific/Tahiti	GMT-10:00		Tahiti Time		GMT-10:00	Tahiti Time
Etc/GMT+11	GMT-11:00		GMT-11:00		GMT-11:00	GMT-11:00
Pacific/Niue	GMT-11:00		Niue Time		GMT-11:00	Niue Time
Etc/GMT+12	GMT-12:00		GMT-12:00		GMT-12:00	GMT-12:00
America/Adak America/Atka US/Aleutian	HAST	HADT	Hawaii-Aleutian Standard Time	Hawaii-Aleutian Daylight Time	HAT	Hawaii-Aleutian Time
Asia/Hong_Kong Hongkong	HKT		Hong Kong Standard Time		HKT	Hong Kong Time
Pacific/Honolulu Pacific/Johnston US/Hawaii	HST		Hawaii-Aleutian Standard Time		HST	Hawaii-Aleutian Time
Asia/Colombo	IST		India Standard Time		IST	Colombo Time
Asia/Calcutta Asia/Kolkata	IST		India Standard Time		IST	Kolkata Time
Asia/Jerusalem Asia/Tel_Aviv Israel	IST	IDT	Israel Standard Time	Israel Daylight Time	IT	Israel Time
Asia/Tokyo Japan	JST		Japan Standard Time		JT	Japan Time
Asia/Pyongyang Asia/Seoul ROK	KST		Korean Standard Time		KST	Korean Time
Europe/Kirov	MSK		Kirov Standard Time		MSK	Kirov Time
Europe/Minsk Europe/Moscow Europe/Simferopol W-SU	MSK		Moscow Standard Time		MSK	Moscow Time
Europe/Volgograd	MSK		Volgograd Standard Time		MSK	Volgograd Time
America/Hermosillo America/Mazatlan Mexico/BajaSur	MST		Mexican Pacific Standard Time		MT	Mexican Pacific Time
America/Creston America/Dawson_Creek America/Fort_Nelson America/Phoenix US/Arizona	MST		Mountain Standard Time		MT	Mountain Time
America/Dawson	MST		Yukon Time		MST	Dawson Time
America/Whitehorse Canada/Yukon	MST		Yukon Time		MST	Whitehorse Time
America/Boise America/Cambridge_Bay America/Ciudad_Juarez America/Denver America/Edmonton America/Inuvik America/Shiprock America/Yellowknife Canada/Mountain MST7MDT Navajo US/Mountain	MST	MDT	Mountain Standard Time	Mountain Daylight Time	MT	Mountain Time
America/St_Johns Canada/Newfoundland	NST	NDT	Newfoundland Standard Time	Newfoundland Daylight Time	NT	Newfoundland Time
Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland	NZST	NZDT	New Zealand Standard Time	New Zealand Daylight Time	NZT	New Zealand Time
Asia/Karachi	PKT		Pakistan Standard Time		PKT	Pakistan Time
Asia/Manila	PST		Philippine Standard Time		PT	Philippine Time
America/Ensenada America/Los_Angeles America/Santa_Isabel America/Tijuana America/Vancouver Canada/Pacific Mexico/BajaNorte PST8PDT US/Pacific	PST	PDT	Pacific Standard Time	Pacific Daylight Time	PT	Pacific Time
Africa/Johannesburg	SAST		South Africa Standard Time		SAST	Johannesburg Time
Africa/Maseru	SAST		South Africa Standard Time		SAST	Maseru Time
Africa/Mbabane	SAST		South Africa Standard Time		SAST	Mbabane Time
Pacific/Midway Pacific/Pago_Pago Pacific/Samoa US/Samoa	SST		American Samoa Standard Time		SST	American Samoa Time
Etc/UCT Etc/UTC Etc/Universal Etc/Zulu UCT UTC Universal Zulu	UTC		Coordinated Universal Time		UTC	Coordinated Universal Time
Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Lagos Africa/Libreville Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo	WAT		West Africa Standard Time		WAT	West Africa Time
Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Europe/Lisbon Portugal WET	WET	WEST	Western European Standard Time	Western European Summer Time	WET	Western European Time
Asia/Jakarta	WIB		Western Indonesia Time		WIB	Jakarta Time
Asia/Pontianak	WIB		Western Indonesia Time		WIB	Pontianak Time
Asia/Jayapura	WIT		Eastern Indonesia Time		WIT	Jayapura Time
Asia/Makassar Asia/Ujung_Pandang	WITA		Central Indonesia Time		WITA	Makassar Time
"""


def zone_names(zone: str) -> list[str] | None:
    """The six names of a zone, in the order of the table; None for an unknown zone."""
    for line in _DATA.split("\n"):
        ids, _, names = line.partition("\t")
        if zone in ids.split(" "):
            return names.split("\t")
    return None


# Which zone a name means that several have, when a text is parsed.
_PREFERRED = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/Paris",
    "Europe/London",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Kolkata",
)


def zone_of_name(text: str, index: int) -> tuple[str, str]:
    """The longest zone name that stands at an index of a text, and the id of a zone of that name."""
    best, zone = "", ""
    for line in _DATA.split("\n"):
        ids, *names = line.split("\t")
        for name in names[:4]:
            if len(name) > len(best) and text.startswith(name, index):
                listed = ids.split(" ")
                preferred = [candidate for candidate in _PREFERRED if candidate in listed]
                best, zone = name, (preferred or listed)[0]
            elif name and name == best and any(c in ids.split(" ") for c in _PREFERRED):
                zone = next(c for c in _PREFERRED if c in ids.split(" "))
    return best, zone
