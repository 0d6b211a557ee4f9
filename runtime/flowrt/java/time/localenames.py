"""Names of months, days, eras … and date styles by locale (facts of the Unicode CLDR as Java 25 has them).

Imported only for locales beside the default one, and for the rare letters of the default one.
"""

# What follows to the end of the notice is the license of the data (Unicode CLDR).
#
# UNICODE LICENSE V3
#
# COPYRIGHT AND PERMISSION NOTICE
#
# Copyright © 2004-2025 Unicode, Inc.
#
# NOTICE TO USER: Carefully read the following legal agreement. BY
# DOWNLOADING, INSTALLING, COPYING OR OTHERWISE USING DATA FILES, AND/OR
# SOFTWARE, YOU UNEQUIVOCALLY ACCEPT, AND AGREE TO BE BOUND BY, ALL OF THE
# TERMS AND CONDITIONS OF THIS AGREEMENT. IF YOU DO NOT AGREE, DO NOT
# DOWNLOAD, INSTALL, COPY, DISTRIBUTE OR USE THE DATA FILES OR SOFTWARE.
#
# Permission is hereby granted, free of charge, to any person obtaining a
# copy of data files and any associated documentation (the "Data Files") or
# software and any associated documentation (the "Software") to deal in the
# Data Files or Software without restriction, including without limitation
# the rights to use, copy, modify, merge, publish, distribute, and/or sell
# copies of the Data Files or Software, and to permit persons to whom the
# Data Files or Software are furnished to do so, provided that either (a)
# this copyright and permission notice appear with all copies of the Data
# Files or Software, or (b) this copyright and permission notice appear in
# associated Documentation.
#
# THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY
# KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
# MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF
# THIRD PARTY RIGHTS.
#
# IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE
# BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES,
# OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS,
# WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION,
# ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA
# FILES OR SOFTWARE.
#
# Except as contained in this notice, the name of a copyright holder shall
# not be used in advertising or otherwise to promote the sale, use or other
# dealings in these Data Files or Software without prior written
# authorization of the copyright holder.
#
# SPDX-License-Identifier: Unicode-3.0
# End of the notice.

from __future__ import annotations

# One `@locale` section each: a region section adds to its language, a language to the root section.
# The keys are pattern letters of java.time.format.DateTimeFormatter, or a FormatStyle; `^KEY` means "as KEY".
# `B` holds midnight, noon, then HOUR:name for the hour a day period begins.
_DATA = """\
@
MMMM=Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec
MMM=Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec
MMMMM=1|2|3|4|5|6|7|8|9|10|11|12
LLLL=^MMMM
LLL=^MMM
LLLLL=^MMMMM
EEEE=Mon|Tue|Wed|Thu|Fri|Sat|Sun
EEE=Mon|Tue|Wed|Thu|Fri|Sat|Sun
EEEEE=M|T|W|T|F|S|S
cccc=^EEEE
ccc=^EEE
ccccc=^EEEEE
QQQ=Q1|Q2|Q3|Q4
QQQQ=Q1|Q2|Q3|Q4
QQQQQ=1|2|3|4
qqq=1|2|3|4
qqqq=^QQQQ
qqqqq=^QQQQQ
G=BCE|CE
GGGG=^G
GGGGG=^G
a=AM|PM
FULL=y MMMM d, EEEE HH:mm:ss zzzz
LONG=y MMMM d HH:mm:ss z
MEDIUM=y MMM d HH:mm:ss
SHORT=y-MM-dd HH:mm
B=||0:AM|12:PM
BBBB=^B
BBBBB=^B
GMT=GMT
UTC=GMT
@en
MMMM=January|February|March|April|May|June|July|August|September|October|November|December
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday
QQQQ=1st quarter|2nd quarter|3rd quarter|4th quarter
qqq=Q1|Q2|Q3|Q4
G=BC|AD
GGGG=Before Christ|Anno Domini
GGGGG=B|A
FULL=EEEE, MMMM d, y, h:mm:ss a zzzz
LONG=MMMM d, y, h:mm:ss a z
MEDIUM=MMM d, y, h:mm:ss a
SHORT=M/d/yy, h:mm a
B=midnight|noon|0:in the morning|12:in the afternoon|18:in the evening|21:at night
BBBBB=mi|n|0:in the morning|12:in the afternoon|18:in the evening|21:at night
UTC=Coordinated Universal Time
@en_GB
MMM=Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept|Oct|Nov|Dec
a=am|pm
FULL=EEEE, d MMMM y, HH:mm:ss zzzz
LONG=d MMMM y, HH:mm:ss z
MEDIUM=d MMM y, HH:mm:ss
SHORT=dd/MM/y, HH:mm
@en_CA
a=a.m.|p.m.
SHORT=y-MM-dd, h:mm a
BBBBB=mid|n|0:mor|12:aft|18:eve|21:night
@en_AU
MMM=Jan|Feb|Mar|Apr|May|June|July|Aug|Sept|Oct|Nov|Dec
EEEEE=M.|Tu.|W.|Th.|F.|Sa.|Su.
a=am|pm
FULL=EEEE, d MMMM y, h:mm:ss a zzzz
LONG=d MMMM y, h:mm:ss a z
MEDIUM=d MMM y, h:mm:ss a
SHORT=d/M/yy, h:mm a
B=midnight|midday|0:in the morning|12:in the afternoon|18:in the evening|21:at night
BBBBB=^B
@en_IN
MMM=Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept|Oct|Nov|Dec
a=am|pm
FULL=EEEE, d MMMM y, h:mm:ss a zzzz
LONG=d MMMM y, h:mm:ss a z
MEDIUM=d MMM y, h:mm:ss a
SHORT=dd/MM/yy, h:mm a
@fr
MMMM=janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre
MMM=janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche
EEE=lun.|mar.|mer.|jeu.|ven.|sam.|dim.
EEEEE=L|M|M|J|V|S|D
QQQQ=1er trimestre|2e trimestre|3e trimestre|4e trimestre
QQQ=T1|T2|T3|T4
qqq=T1|T2|T3|T4
G=av. J.-C.|ap. J.-C.
GGGG=avant Jésus-Christ|après Jésus-Christ
FULL=EEEE d MMMM y, HH:mm:ss zzzz
LONG=d MMMM y, HH:mm:ss z
MEDIUM=d MMM y, HH:mm:ss
SHORT=dd/MM/y HH:mm
B=minuit|midi|0:du matin|12:de l’après-midi|18:du soir
BBBBB=minuit|midi|0:matin|4:mat.|12:ap.m.|18:soir
GMT=UTC
UTC=temps universel coordonné
@fr_CA
MMM=janv.|févr.|mars|avr.|mai|juin|juill.|août|sept.|oct.|nov.|déc.
a=a.m.|p.m.
FULL=EEEE d MMMM y, HH 'h' mm 'min' ss 's' zzzz
LONG=d MMMM y, HH 'h' mm 'min' ss 's' z
MEDIUM=d MMM y, HH 'h' mm 'min' ss 's'
SHORT=y-MM-dd HH 'h' mm
B=minuit|midi|0:du mat.|12:après-midi|18:du soir
BBBBB=minuit|midi|0:mat.|12:après-midi|18:du soir
@fr_CH
FULL=EEEE, d MMMM y, HH.mm:ss 'h' zzzz
SHORT=dd.MM.yy HH:mm
B=min.|midi|0:du mat.|12:de l’ap.m.|18:du soir
BBBBB=^B
@de
MMMM=Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember
MMM=Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
LLL=Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez
EEEE=Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag
EEE=Mo.|Di.|Mi.|Do.|Fr.|Sa.|So.
EEEEE=M|D|M|D|F|S|S
ccc=Mo|Di|Mi|Do|Fr|Sa|So
QQQQ=1. Quartal|2. Quartal|3. Quartal|4. Quartal
qqq=Q1|Q2|Q3|Q4
G=v. Chr.|n. Chr.
FULL=EEEE, d. MMMM y, HH:mm:ss zzzz
LONG=d. MMMM y, HH:mm:ss z
MEDIUM=dd.MM.y, HH:mm:ss
SHORT=dd.MM.yy, HH:mm
B=Mitternacht||0:nachts|5:morgens|10:vormittags|12:mittags|13:nachmittags|18:abends
BBBBB=Mitternacht||0:nachts|5:morgens|10:vorm.|12:mittags|13:nachm.|18:abends
UTC=Koordinierte Weltzeit
@de_AT
MMMM=Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember
MMM=Jän.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sep.|Okt.|Nov.|Dez.
LLL=Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez
@de_CH
@es
MMMM=enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre
MMM=ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic
MMMMM=E|F|M|A|M|J|J|A|S|O|N|D
EEEE=lunes|martes|miércoles|jueves|viernes|sábado|domingo
EEE=lun|mar|mié|jue|vie|sáb|dom
EEEEE=L|M|X|J|V|S|D
QQQQ=1.er trimestre|2.º trimestre|3.er trimestre|4.º trimestre
QQQ=T1|T2|T3|T4
qqq=T1|T2|T3|T4
G=a. C.|d. C.
GGGG=antes de Cristo|después de Cristo
a=a. m.|p. m.
FULL=EEEE, d 'de' MMMM 'de' y, H:mm:ss (zzzz)
LONG=d 'de' MMMM 'de' y, H:mm:ss z
MEDIUM=d MMM y, H:mm:ss
SHORT=d/M/yy, H:mm
B=|del mediodía|0:de la madrugada|6:de la mañana|12:de la tarde|20:de la noche
UTC=tiempo universal coordinado
@es_MX
MMM=ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic
EEEEE=L|M|M|J|V|S|D
QQQQ=1.º trimestre|2.º trimestre|3.º trimestre|4.º trimestre
QQQ=1.º trimestre|2.º trimestre|3.º trimestre|4.º trimestre
qqq=1.º trimestre|2.º trimestre|3.º trimestre|4.º trimestre
G=a.C.|d.C.
GGGG=^G
a=a.m.|p.m.
FULL=EEEE, d 'de' MMMM 'de' y, h:mm:ss a zzzz
LONG=d 'de' MMMM 'de' y, h:mm:ss a z
MEDIUM=d MMM y, h:mm:ss a
SHORT=dd/MM/yy, h:mm a
UTC=hora universal coordinada
@it
MMMM=gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre
MMM=gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic
MMMMM=G|F|M|A|M|G|L|A|S|O|N|D
EEEE=lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica
EEE=lun|mar|mer|gio|ven|sab|dom
EEEEE=L|M|M|G|V|S|D
QQQQ=1º trimestre|2º trimestre|3º trimestre|4º trimestre
QQQ=T1|T2|T3|T4
qqq=T1|T2|T3|T4
G=a.C.|d.C.
GGGG=avanti Cristo|dopo Cristo
GGGGG=aC|dC
FULL=EEEE d MMMM y HH:mm:ss zzzz
LONG=d MMMM y HH:mm:ss z
MEDIUM=d MMM y, HH:mm:ss
SHORT=dd/MM/yy, HH:mm
B=mezzanotte|mezzogiorno|0:di notte|6:di mattina|12:del pomeriggio|18:di sera
BBBBB=mezzanotte|mezzogiorno|0:di notte|6:di mattina|12:di pomeriggio|18:di sera
UTC=Tempo coordinato universale
@pt
MMMM=janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro
MMM=jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo
EEE=seg.|ter.|qua.|qui.|sex.|sáb.|dom.
EEEEE=S|T|Q|Q|S|S|D
QQQQ=1º trimestre|2º trimestre|3º trimestre|4º trimestre
QQQ=T1|T2|T3|T4
qqq=T1|T2|T3|T4
G=a.C.|d.C.
GGGG=antes de Cristo|depois de Cristo
FULL=EEEE, d 'de' MMMM 'de' y HH:mm:ss zzzz
LONG=d 'de' MMMM 'de' y HH:mm:ss z
MEDIUM=d 'de' MMM 'de' y HH:mm:ss
SHORT=dd/MM/y HH:mm
B=meia-noite|meio-dia|0:da madrugada|6:da manhã|12:da tarde|19:da noite
UTC=Horário Universal Coordenado
@pt_PT
EEE=segunda|terça|quarta|quinta|sexta|sábado|domingo
QQQQ=1.º trimestre|2.º trimestre|3.º trimestre|4.º trimestre
QQQ=1.º trimestre|2.º trimestre|3.º trimestre|4.º trimestre
qqq=1.º trimestre|2.º trimestre|3.º trimestre|4.º trimestre
a=da manhã|da tarde
FULL=EEEE, d 'de' MMMM 'de' y, HH:mm:ss zzzz
LONG=d 'de' MMMM 'de' y, HH:mm:ss z
MEDIUM=dd/MM/y, HH:mm:ss
SHORT=dd/MM/yy, HH:mm
BBBBB=meia-noite|meio-dia|0:madrugada|6:manhã|12:tarde|19:noite
UTC=Hora Coordenada Universal
@nl
MMMM=januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december
MMM=jan|feb|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag
EEE=ma|di|wo|do|vr|za|zo
EEEEE=M|D|W|D|V|Z|Z
QQQQ=1e kwartaal|2e kwartaal|3e kwartaal|4e kwartaal
QQQ=K1|K2|K3|K4
qqq=K1|K2|K3|K4
G=v.Chr.|n.Chr.
GGGG=voor Christus|na Christus
GGGGG=v.C.|n.C.
a=a.m.|p.m.
FULL=EEEE d MMMM y, HH:mm:ss zzzz
LONG=d MMMM y, HH:mm:ss z
MEDIUM=d MMM y, HH:mm:ss
SHORT=dd-MM-y, HH:mm
B=middernacht||0:’s nachts|6:’s ochtends|12:’s middags|18:’s avonds
UTC=gecoördineerde wereldtijd
@nl_BE
SHORT=d/MM/y, HH:mm
@sv
MMMM=januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december
MMM=jan.|feb.|mars|apr.|maj|juni|juli|aug.|sep.|okt.|nov.|dec.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag
EEE=mån|tis|ons|tors|fre|lör|sön
EEEEE=M|T|O|T|F|L|S
QQQQ=1:a kvartalet|2:a kvartalet|3:e kvartalet|4:e kvartalet
QQQ=K1|K2|K3|K4
qqq=K1|K2|K3|K4
G=f.Kr.|e.Kr.
GGGG=före Kristus|efter Kristus
a=fm|em
FULL=EEEE d MMMM y HH:mm:ss zzzz
LONG=d MMMM y HH:mm:ss z
MEDIUM=d MMM y HH:mm:ss
B=midnatt||0:på natten|5:på morgonen|10:på förmiddagen|12:på eftermiddagen|18:på kvällen
BBBBB=midn.||0:på natten|5:på morg.|10:på förm.|12:på efterm.|18:på kvällen
UTC=koordinerad universell tid
@da
MMMM=januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december
MMM=jan.|feb.|mar.|apr.|maj|jun.|jul.|aug.|sep.|okt.|nov.|dec.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag
EEE=man.|tirs.|ons.|tors.|fre.|lør.|søn.
EEEEE=M|T|O|T|F|L|S
QQQQ=1. kvartal|2. kvartal|3. kvartal|4. kvartal
QQQ=1. kvt.|2. kvt.|3. kvt.|4. kvt.
qqq=1. kvt.|2. kvt.|3. kvt.|4. kvt.
G=f.Kr.|e.Kr.
GGGG=før Kristus|efter Kristus
GGGGG=fKr|eKr
FULL=EEEE 'den' d. MMMM y HH.mm.ss zzzz
LONG=d. MMMM y HH.mm.ss z
MEDIUM=d. MMM y HH.mm.ss
SHORT=dd.MM.y HH.mm
B=midnat||0:om natten|5:om morgenen|10:om formiddagen|12:om eftermiddagen|18:om aftenen
UTC=Koordineret universaltid
@nb
MMMM=januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember
MMM=jan.|feb.|mars|apr.|mai|juni|juli|aug.|sep.|okt.|nov.|des.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
LLL=jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des
EEEE=mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag
EEE=man.|tir.|ons.|tor.|fre.|lør.|søn.
EEEEE=M|T|O|T|F|L|S
QQQQ=1. kvartal|2. kvartal|3. kvartal|4. kvartal
QQQ=K1|K2|K3|K4
QQQQQ=1.|2.|3.|4.
qqq=K1|K2|K3|K4
G=f.Kr.|e.Kr.
GGGG=før Kristus|etter Kristus
a=a.m.|p.m.
FULL=EEEE d. MMMM y, HH:mm:ss zzzz
LONG=d. MMMM y, HH:mm:ss z
MEDIUM=d. MMM y, HH:mm:ss
SHORT=dd.MM.y, HH:mm
B=midnatt||0:på natten|6:på morgenen|10:på formiddagen|12:på ettermiddagen|18:på kvelden
BBBBB=mn.||0:nt.|6:mg.|10:fm.|12:em.|18:kv.
UTC=koordinert universaltid
@no
MMMM=januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember
MMM=jan.|feb.|mars|apr.|mai|juni|juli|aug.|sep.|okt.|nov.|des.
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
LLL=jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des
EEEE=mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag
EEE=man.|tir.|ons.|tor.|fre.|lør.|søn.
EEEEE=M|T|O|T|F|L|S
QQQQ=1. kvartal|2. kvartal|3. kvartal|4. kvartal
QQQ=K1|K2|K3|K4
QQQQQ=1.|2.|3.|4.
qqq=K1|K2|K3|K4
G=f.Kr.|e.Kr.
GGGG=før Kristus|etter Kristus
a=a.m.|p.m.
FULL=EEEE d. MMMM y, HH:mm:ss zzzz
LONG=d. MMMM y, HH:mm:ss z
MEDIUM=d. MMM y, HH:mm:ss
SHORT=dd.MM.y, HH:mm
B=midnatt||0:på natten|6:på morgenen|10:på formiddagen|12:på ettermiddagen|18:på kvelden
BBBBB=mn.||0:nt.|6:mg.|10:fm.|12:em.|18:kv.
UTC=koordinert universaltid
@fi
MMMM=tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta|kesäkuuta|heinäkuuta|elokuuta|syyskuuta|lokakuuta|marraskuuta|joulukuuta
MMM=tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu
MMMMM=T|H|M|H|T|K|H|E|S|L|M|J
LLLL=tammikuu|helmikuu|maaliskuu|huhtikuu|toukokuu|kesäkuu|heinäkuu|elokuu|syyskuu|lokakuu|marraskuu|joulukuu
EEEE=maanantaina|tiistaina|keskiviikkona|torstaina|perjantaina|lauantaina|sunnuntai
EEE=ma|ti|ke|to|pe|la|su
EEEEE=M|T|K|T|P|L|S
cccc=maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai
QQQQ=1. neljännes|2. neljännes|3. neljännes|4. neljännes
QQQ=1. nelj.|2. nelj.|3. nelj.|4. nelj.
qqq=1. nelj.|2. nelj.|3. nelj.|4. nelj.
G=eKr.|jKr.
GGGG=ennen Kristuksen syntymää|jälkeen Kristuksen syntymän
GGGGG=eKr|jKr
a=ap.|ip.
FULL=cccc d. MMMM y H.mm.ss zzzz
LONG=d. MMMM y H.mm.ss z
MEDIUM=d.M.y H.mm.ss
SHORT=d.M.y H.mm
B=keskiyöllä|keskipäivällä|0:yöllä|5:aamulla|10:aamupäivällä|12:iltapäivällä|18:illalla|23:yöllä
BBBBB=ky.|kp.|0:yöllä|5:aamulla|10:ap.|12:ip.|18:illalla|23:yöllä
GMT=UTC
UTC=UTC-yleisaika
@pl
MMMM=stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia
MMM=sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru
MMMMM=s|l|m|k|m|c|l|s|w|p|l|g
LLLL=styczeń|luty|marzec|kwiecień|maj|czerwiec|lipiec|sierpień|wrzesień|październik|listopad|grudzień
LLLLL=S|L|M|K|M|C|L|S|W|P|L|G
EEEE=poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela
EEE=pon.|wt.|śr.|czw.|pt.|sob.|niedz.
EEEEE=p|w|ś|c|p|s|n
ccccc=P|W|Ś|C|P|S|N
QQQQ=I kwartał|II kwartał|III kwartał|IV kwartał
QQQ=I kw.|II kw.|III kw.|IV kw.
qqq=I kw.|II kw.|III kw.|IV kw.
G=p.n.e.|n.e.
GGGG=przed naszą erą|naszej ery
FULL=EEEE, d MMMM y HH:mm:ss zzzz
LONG=d MMMM y HH:mm:ss z
MEDIUM=d MMM y, HH:mm:ss
SHORT=d.MM.y, HH:mm
B=o północy|w południe|0:w nocy|6:rano|10:przed południem|12:po południu|18:wieczorem|21:w nocy
BBBBB=o półn.|w poł.|0:w nocy|6:rano|10:przed poł.|12:po poł.|18:wiecz.|21:w nocy
UTC=uniwersalny czas koordynowany
@cs
MMMM=ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince
MMM=led|úno|bře|dub|kvě|čvn|čvc|srp|zář|říj|lis|pro
LLLL=leden|únor|březen|duben|květen|červen|červenec|srpen|září|říjen|listopad|prosinec
EEEE=pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle
EEE=po|út|st|čt|pá|so|ne
EEEEE=P|Ú|S|Č|P|S|N
QQQQ=1. čtvrtletí|2. čtvrtletí|3. čtvrtletí|4. čtvrtletí
qqq=Q1|Q2|Q3|Q4
G=př. n. l.|n. l.
GGGG=před naším letopočtem|našeho letopočtu
GGGGG=př.n.l.|n.l.
a=dop.|odp.
FULL=EEEE d. MMMM y H:mm:ss, zzzz
LONG=d. MMMM y H:mm:ss z
MEDIUM=d. M. y H:mm:ss
SHORT=dd.MM.yy H:mm
B=půlnoc|poledne|0:v noci|4:ráno|9:dopoledne|12:odpoledne|18:večer|22:v noci
BBBBB=půl.|pol.|0:n.|4:r.|9:d.|12:o.|18:v.|22:n.
UTC=koordinovaný světový čas
@sk
MMMM=januára|februára|marca|apríla|mája|júna|júla|augusta|septembra|októbra|novembra|decembra
MMM=jan|feb|mar|apr|máj|jún|júl|aug|sep|okt|nov|dec
MMMMM=j|f|m|a|m|j|j|a|s|o|n|d
LLLL=január|február|marec|apríl|máj|jún|júl|august|september|október|november|december
EEEE=pondelok|utorok|streda|štvrtok|piatok|sobota|nedeľa
EEE=po|ut|st|št|pi|so|ne
EEEEE=p|u|s|š|p|s|n
QQQQ=1. štvrťrok|2. štvrťrok|3. štvrťrok|4. štvrťrok
qqq=Q1|Q2|Q3|Q4
G=pred Kr.|po Kr.
GGGG=pred Kristom|po Kristovi
FULL=EEEE d. MMMM y, H:mm:ss zzzz
LONG=d. MMMM y, H:mm:ss z
MEDIUM=d. M. y, H:mm:ss
SHORT=d. M. y H:mm
B=o polnoci|napoludnie|0:v noci|4:ráno|9:dopoludnia|12:popoludní|18:večer|22:v noci
BBBBB=o poln.|nap.|0:v n.|4:ráno|9:dop.|12:pop.|18:več.|22:v n.
UTC=koordinovaný svetový čas
@hu
MMMM=január|február|március|április|május|június|július|augusztus|szeptember|október|november|december
MMM=jan.|febr.|márc.|ápr.|máj.|jún.|júl.|aug.|szept.|okt.|nov.|dec.
MMMMM=J|F|M|Á|M|J|J|A|Sz|O|N|D
EEEE=hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap
EEE=H|K|Sze|Cs|P|Szo|V
EEEEE=H|K|Sz|Cs|P|Sz|V
QQQQ=I. negyedév|II. negyedév|III. negyedév|IV. negyedév
QQQ=I. n.év|II. n.év|III. n.év|IV. n.év
QQQQQ=I.|II.|III.|IV.
qqqq=1. negyedév|2. negyedév|3. negyedév|4. negyedév
qqq=1. n.év|2. n.év|3. n.év|4. n.év
qqqqq=1.|2.|3.|4.
G=i. e.|i. sz.
GGGG=Krisztus előtt|időszámításunk szerint
GGGGG=ie.|isz.
a=de.|du.
FULL=y. MMMM d., EEEE H:mm:ss zzzz
LONG=y. MMMM d. H:mm:ss z
MEDIUM=y. MMM d. H:mm:ss
SHORT=y. MM. dd. H:mm
B=éjfél|dél|0:éjjel|4:hajnal|6:reggel|9:délelőtt|12:délután|18:este|21:éjjel
BBBBB=éjfél|dél|0:éjjel|4:hajnal|6:reggel|9:de.|12:du.|18:este|21:éjjel
UTC=koordinált világidő
@ro
MMMM=ianuarie|februarie|martie|aprilie|mai|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie
MMM=ian.|feb.|mar.|apr.|mai|iun.|iul.|aug.|sept.|oct.|nov.|dec.
MMMMM=I|F|M|A|M|I|I|A|S|O|N|D
EEEE=luni|marți|miercuri|joi|vineri|sâmbătă|duminică
EEE=lun.|mar.|mie.|joi|vin.|sâm.|dum.
EEEEE=L|M|M|J|V|S|D
QQQQ=trimestrul I|trimestrul al II-lea|trimestrul al III-lea|trimestrul al IV-lea
QQQ=trim. I|trim. II|trim. III|trim. IV
QQQQQ=I|II|III|IV
qqq=trim. I|trim. II|trim. III|trim. IV
G=î.Hr.|d.Hr.
GGGG=înainte de Hristos|după Hristos
a=a.m.|p.m.
FULL=EEEE, d MMMM y, HH:mm:ss zzzz
LONG=d MMMM y, HH:mm:ss z
MEDIUM=d MMM y, HH:mm:ss
SHORT=dd.MM.y, HH:mm
B=la miezul nopții|la amiază|0:noaptea|5:dimineața|12:după-amiaza|18:seara|22:noaptea
BBBBB=miezul nopții|amiază|0:noaptea|5:dimineața|12:după-amiaza|18:seara|22:noaptea
UTC=Timpul universal coordonat
@bg
MMMM=януари|февруари|март|април|май|юни|юли|август|септември|октомври|ноември|декември
MMM=яну|фев|март|апр|май|юни|юли|авг|сеп|окт|ное|дек
MMMMM=я|ф|м|а|м|ю|ю|а|с|о|н|д
EEEE=понеделник|вторник|сряда|четвъртък|петък|събота|неделя
EEE=пн|вт|ср|чт|пт|сб|нд
EEEEE=п|в|с|ч|п|с|н
QQQQ=1. тримесечие|2. тримесечие|3. тримесечие|4. тримесечие
QQQ=1. трим.|2. трим.|3. трим.|4. трим.
qqq=1. трим.|2. трим.|3. трим.|4. трим.
G=пр.Хр.|сл.Хр.
GGGG=преди Христа|след Христа
a=пр.об.|сл.об.
FULL=EEEE, d MMMM y 'г'., H:mm:ss 'ч'. zzzz
LONG=d MMMM y 'г'., H:mm:ss 'ч'. z
MEDIUM=d.MM.y 'г'., H:mm:ss
SHORT=d.MM.yy 'г'., H:mm
B=полунощ||0:през нощта|4:сутринта|11:на обяд|14:следобед|18:вечерта|22:през нощта
GMT=Гринуич
UTC=Координирано универсално време
@el
MMMM=Ιανουαρίου|Φεβρουαρίου|Μαρτίου|Απριλίου|Μαΐου|Ιουνίου|Ιουλίου|Αυγούστου|Σεπτεμβρίου|Οκτωβρίου|Νοεμβρίου|Δεκεμβρίου
MMM=Ιαν|Φεβ|Μαρ|Απρ|Μαΐ|Ιουν|Ιουλ|Αυγ|Σεπ|Οκτ|Νοε|Δεκ
MMMMM=Ι|Φ|Μ|Α|Μ|Ι|Ι|Α|Σ|Ο|Ν|Δ
LLLL=Ιανουάριος|Φεβρουάριος|Μάρτιος|Απρίλιος|Μάιος|Ιούνιος|Ιούλιος|Αύγουστος|Σεπτέμβριος|Οκτώβριος|Νοέμβριος|Δεκέμβριος
LLL=Ιαν|Φεβ|Μάρ|Απρ|Μάι|Ιούν|Ιούλ|Αύγ|Σεπ|Οκτ|Νοέ|Δεκ
EEEE=Δευτέρα|Τρίτη|Τετάρτη|Πέμπτη|Παρασκευή|Σάββατο|Κυριακή
EEE=Δευ|Τρί|Τετ|Πέμ|Παρ|Σάβ|Κυρ
EEEEE=Δ|Τ|Τ|Π|Π|Σ|Κ
QQQQ=1ο τρίμηνο|2ο τρίμηνο|3ο τρίμηνο|4ο τρίμηνο
QQQ=Τ1|Τ2|Τ3|Τ4
qqq=Τ1|Τ2|Τ3|Τ4
G=π.Χ.|μ.Χ.
GGGG=προ Χριστού|μετά Χριστόν
a=π.μ.|μ.μ.
FULL=EEEE d MMMM y - h:mm:ss a zzzz
LONG=d MMMM y - h:mm:ss a z
MEDIUM=d MMM y, h:mm:ss a
SHORT=d/M/yy, h:mm a
B=||0:το βράδυ|4:το πρωί|12:το μεσημέρι|17:το απόγευμα|20:το βράδυ
BBBBB=||0:βράδυ|4:πρωί|12:μεσημ.|17:απόγ.|20:βράδυ
UTC=Συντονισμένη Παγκόσμια Ώρα
@tr
MMMM=Ocak|Şubat|Mart|Nisan|Mayıs|Haziran|Temmuz|Ağustos|Eylül|Ekim|Kasım|Aralık
MMM=Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara
MMMMM=O|Ş|M|N|M|H|T|A|E|E|K|A
EEEE=Pazartesi|Salı|Çarşamba|Perşembe|Cuma|Cumartesi|Pazar
EEE=Pzt|Sal|Çar|Per|Cum|Cmt|Paz
EEEEE=P|S|Ç|P|C|C|P
QQQQ=1. çeyrek|2. çeyrek|3. çeyrek|4. çeyrek
QQQ=Ç1|Ç2|Ç3|Ç4
QQQQQ=1.|2.|3.|4.
qqq=Ç1|Ç2|Ç3|Ç4
G=MÖ|MS
GGGG=Milattan Önce|Milattan Sonra
a=ÖÖ|ÖS
FULL=d MMMM y EEEE HH:mm:ss zzzz
LONG=d MMMM y HH:mm:ss z
MEDIUM=d MMM y HH:mm:ss
SHORT=d.MM.y HH:mm
B=gece yarısı|öğle|0:gece|6:sabah|11:öğleden önce|12:öğleden sonra|18:akşamüstü|19:akşam|21:gece
BBBBB=|ö|0:gece|6:sabah|11:öğleden önce|12:öğleden sonra|18:akşamüstü|19:akşam|21:gece
UTC=Eş Güdümlü Evrensel Zaman
@ru
MMMM=января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря
MMM=янв.|февр.|мар.|апр.|мая|июн.|июл.|авг.|сент.|окт.|нояб.|дек.
MMMMM=Я|Ф|М|А|М|И|И|А|С|О|Н|Д
LLLL=январь|февраль|март|апрель|май|июнь|июль|август|сентябрь|октябрь|ноябрь|декабрь
LLL=янв.|февр.|март|апр.|май|июнь|июль|авг.|сент.|окт.|нояб.|дек.
EEEE=понедельник|вторник|среда|четверг|пятница|суббота|воскресенье
EEE=пн|вт|ср|чт|пт|сб|вс
EEEEE=П|В|С|Ч|П|С|В
QQQQ=1-й квартал|2-й квартал|3-й квартал|4-й квартал
QQQ=1-й кв.|2-й кв.|3-й кв.|4-й кв.
qqq=1-й кв.|2-й кв.|3-й кв.|4-й кв.
G=до н. э.|н. э.
GGGG=до Рождества Христова|от Рождества Христова
GGGGG=до н.э.|н.э.
FULL=EEEE, d MMMM y 'г'., HH:mm:ss zzzz
LONG=d MMMM y 'г'., HH:mm:ss z
MEDIUM=d MMM y 'г'., HH:mm:ss
SHORT=dd.MM.y, HH:mm
B=полночь|полдень|0:ночи|4:утра|12:дня|18:вечера|22:ночи
BBBBB=полн.|полд.|0:ночи|4:утра|12:дня|18:веч.|22:ночи
UTC=Всемирное координированное время
@uk
MMMM=січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня
MMM=січ.|лют.|бер.|квіт.|трав.|черв.|лип.|серп.|вер.|жовт.|лист.|груд.
MMMMM=с|л|б|к|т|ч|л|с|в|ж|л|г
LLLL=січень|лютий|березень|квітень|травень|червень|липень|серпень|вересень|жовтень|листопад|грудень
LLLLL=С|Л|Б|К|Т|Ч|Л|С|В|Ж|Л|Г
EEEE=понеділок|вівторок|середа|четвер|пʼятниця|субота|неділя
EEE=пн|вт|ср|чт|пт|сб|нд
EEEEE=П|В|С|Ч|П|С|Н
QQQQ=1-й квартал|2-й квартал|3-й квартал|4-й квартал
QQQ=1-й кв.|2-й кв.|3-й кв.|4-й кв.
qqq=1-й кв.|2-й кв.|3-й кв.|4-й кв.
G=до н. е.|н. е.
GGGG=до нашої ери|нашої ери
GGGGG=до н.е.|н.е.
a=дп|пп
FULL=EEEE, d MMMM y 'р'., HH:mm:ss zzzz
LONG=d MMMM y 'р'., HH:mm:ss z
MEDIUM=d MMM y 'р'., HH:mm:ss
SHORT=dd.MM.yy, HH:mm
B=||0:ночі|4:ранку|12:дня|18:вечора
UTC=за всесвітнім координованим часом
@ar
MMMM=يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر
MMM=يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر
MMMMM=ي|ف|م|أ|و|ن|ل|غ|س|ك|ب|د
EEEE=الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد
EEE=الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد
EEEEE=ن|ث|ر|خ|ج|س|ح
QQQQ=الربع الأول|الربع الثاني|الربع الثالث|الربع الرابع
QQQ=الربع الأول|الربع الثاني|الربع الثالث|الربع الرابع
QQQQQ=١|٢|٣|٤
G=ق.م|م
GGGG=قبل الميلاد|ميلادي
a=ص|م
FULL=EEEE، d MMMM y، h:mm:ss a zzzz
LONG=d MMMM y، h:mm:ss a z
MEDIUM=dd‏/MM‏/y، h:mm:ss a
SHORT=d‏/M‏/y، h:mm a
B=||0:في المساء|1:ليلاً|3:في الصباح|6:صباحًا|12:ظهرًا|13:بعد الظهر|18:مساءً
BBBBB=||0:منتصف الليل|1:ليلاً|3:فجرًا|6:صباحًا|12:ظهرًا|13:بعد الظهر|18:مساءً
GMT=غرينتش
UTC=التوقيت العالمي المنسق
@he
MMMM=ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר
MMM=ינו׳|פבר׳|מרץ|אפר׳|מאי|יוני|יולי|אוג׳|ספט׳|אוק׳|נוב׳|דצמ׳
EEEE=יום שני|יום שלישי|יום רביעי|יום חמישי|יום שישי|יום שבת|יום ראשון
EEE=יום ב׳|יום ג׳|יום ד׳|יום ה׳|יום ו׳|שבת|יום א׳
EEEEE=ב׳|ג׳|ד׳|ה׳|ו׳|ש׳|א׳
QQQQ=רבעון 1|רבעון 2|רבעון 3|רבעון 4
qqq=Q1|Q2|Q3|Q4
G=לפנה״ס|לספירה
GGGG=לפני הספירה|לספירה
GGGGG=לפני|אחריי
FULL=EEEE, d בMMMM y, H:mm:ss zzzz
LONG=d בMMMM y, H:mm:ss z
MEDIUM=d בMMM y, H:mm:ss
SHORT=d.M.y, H:mm
B=חצות||0:בלילה|3:לפנות בוקר|6:בבוקר|12:בצהריים|16:אחר הצהריים|18:בערב|22:בלילה
BBBBB=חצות||0:בלילה|3:לפנות בוקר|6:בבוקר|12:בצהריים|16:אחה״צ|18:בערב|22:בלילה
UTC=זמן אוניברסלי מתואם
@hi
MMMM=जनवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर
MMM=जन॰|फ़र॰|मार्च|अप्रैल|मई|जून|जुल॰|अग॰|सित॰|अक्टू॰|नव॰|दिस॰
MMMMM=ज|फ़|मा|अ|म|जू|जु|अ|सि|अ|न|दि
EEEE=सोमवार|मंगलवार|बुधवार|गुरुवार|शुक्रवार|शनिवार|रविवार
EEE=सोम|मंगल|बुध|गुरु|शुक्र|शनि|रवि
EEEEE=सो|मं|बु|गु|शु|श|र
QQQQ=पहली तिमाही|दूसरी तिमाही|तीसरी तिमाही|चौथी तिमाही
QQQ=ति1|ति2|ति3|ति4
qqq=ति1|ति2|ति3|ति4
G=ईसा-पूर्व|ईस्वी
GGGG=ईसा-पूर्व|ईसवी सन
a=am|pm
FULL=EEEE, d MMMM y, h:mm:ss a zzzz
LONG=d MMMM y, h:mm:ss a z
MEDIUM=d MMM y, h:mm:ss a
SHORT=d/M/yy, h:mm a
B=मध्यरात्रि||0:रात|4:सुबह|12:दोपहर|16:शाम|20:रात
UTC=समन्वित वैश्विक समय
@th
MMMM=มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม
MMM=ม.ค.|ก.พ.|มี.ค.|เม.ย.|พ.ค.|มิ.ย.|ก.ค.|ส.ค.|ก.ย.|ต.ค.|พ.ย.|ธ.ค.
MMMMM=ม.ค.|ก.พ.|มี.ค.|เม.ย.|พ.ค.|มิ.ย.|ก.ค.|ส.ค.|ก.ย.|ต.ค.|พ.ย.|ธ.ค.
EEEE=วันจันทร์|วันอังคาร|วันพุธ|วันพฤหัสบดี|วันศุกร์|วันเสาร์|วันอาทิตย์
EEE=จ.|อ.|พ.|พฤ.|ศ.|ส.|อา.
EEEEE=จ|อ|พ|พฤ|ศ|ส|อา
QQQQ=ไตรมาส 1|ไตรมาส 2|ไตรมาส 3|ไตรมาส 4
QQQ=ไตรมาส 1|ไตรมาส 2|ไตรมาส 3|ไตรมาส 4
G=ก่อน ค.ศ.|ค.ศ.
GGGG=ปีก่อนคริสตกาล|คริสต์ศักราช
a=ก่อนเที่ยง|หลังเที่ยง
FULL=EEEEที่ d MMMM G y H นาฬิกา mm นาที ss วินาที zzzz
LONG=d MMMM G y H นาฬิกา mm นาที ss วินาที z
MEDIUM=d MMM y HH:mm:ss
SHORT=d/M/yy HH:mm
B=เที่ยงคืน|เที่ยง|0:กลางคืน|6:ในตอนเช้า|12:ในตอนบ่าย|13:บ่าย|16:ในตอนเย็น|18:ค่ำ|21:กลางคืน
BBBBB=เที่ยงคืน||0:กลางคืน|6:เช้า|12:เที่ยง|13:บ่าย|16:เย็น|18:ค่ำ|21:กลางคืน
UTC=เวลาสากลเชิงพิกัด
@vi
MMMM=tháng 1|tháng 2|tháng 3|tháng 4|tháng 5|tháng 6|tháng 7|tháng 8|tháng 9|tháng 10|tháng 11|tháng 12
MMM=thg 1|thg 2|thg 3|thg 4|thg 5|thg 6|thg 7|thg 8|thg 9|thg 10|thg 11|thg 12
LLLL=Tháng 1|Tháng 2|Tháng 3|Tháng 4|Tháng 5|Tháng 6|Tháng 7|Tháng 8|Tháng 9|Tháng 10|Tháng 11|Tháng 12
LLL=Tháng 1|Tháng 2|Tháng 3|Tháng 4|Tháng 5|Tháng 6|Tháng 7|Tháng 8|Tháng 9|Tháng 10|Tháng 11|Tháng 12
EEEE=Thứ Hai|Thứ Ba|Thứ Tư|Thứ Năm|Thứ Sáu|Thứ Bảy|Chủ Nhật
EEE=Th 2|Th 3|Th 4|Th 5|Th 6|Th 7|CN
EEEEE=T2|T3|T4|T5|T6|T7|CN
QQQQ=Quý 1|Quý 2|Quý 3|Quý 4
qqqq=quý 1|quý 2|quý 3|quý 4
qqq=Q1|Q2|Q3|Q4
G=TCN|SCN
GGGG=Trước Chúa Giáng Sinh|Sau Công Nguyên
GGGGG=TCN|CN
a=SA|CH
FULL=HH:mm:ss zzzz EEEE, d MMMM, y
LONG=HH:mm:ss z d MMMM, y
MEDIUM=HH:mm:ss d MMM, y
SHORT=HH:mm d/M/yy
B=nửa đêm|trưa|0:đêm|4:sáng|12:chiều|18:tối|21:đêm
BBBBB=nửa đêm|tr|0:đêm|4:sáng|12:chiều|18:tối|21:đêm
UTC=Giờ Phối hợp Quốc tế
@id
MMMM=Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|Desember
MMM=Jan|Feb|Mar|Apr|Mei|Jun|Jul|Agu|Sep|Okt|Nov|Des
MMMMM=J|F|M|A|M|J|J|A|S|O|N|D
EEEE=Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu
EEE=Sen|Sel|Rab|Kam|Jum|Sab|Min
EEEEE=S|S|R|K|J|S|M
QQQQ=Kuartal ke-1|Kuartal ke-2|Kuartal ke-3|Kuartal ke-4
QQQ=K1|K2|K3|K4
qqq=K1|K2|K3|K4
G=SM|M
GGGG=Sebelum Masehi|Masehi
FULL=EEEE, dd MMMM y HH.mm.ss zzzz
LONG=d MMMM y HH.mm.ss z
MEDIUM=d MMM y HH.mm.ss
SHORT=dd/MM/yy HH.mm
B=tengah malam|tengah hari|0:pagi|10:siang|15:sore|18:malam
UTC=Waktu Universal Terkoordinasi
@ja
MMMM=1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月
MMM=1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月
EEEE=月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日
EEE=月|火|水|木|金|土|日
EEEEE=月|火|水|木|金|土|日
QQQQ=第1四半期|第2四半期|第3四半期|第4四半期
qqq=Q1|Q2|Q3|Q4
G=紀元前|西暦
GGGGG=BC|AD
a=午前|午後
FULL=y年M月d日EEEE H時mm分ss秒 zzzz
LONG=y年M月d日 H:mm:ss z
MEDIUM=y/MM/dd H:mm:ss
SHORT=y/MM/dd H:mm
B=真夜中|正午|0:夜中|4:朝|12:昼|16:夕方|19:夜|23:夜中
UTC=協定世界時
@ko
MMMM=1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월
MMM=1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월
MMMMM=1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월
EEEE=월요일|화요일|수요일|목요일|금요일|토요일|일요일
EEE=월|화|수|목|금|토|일
EEEEE=월|화|수|목|금|토|일
QQQQ=제 1/4분기|제 2/4분기|제 3/4분기|제 4/4분기
QQQ=1분기|2분기|3분기|4분기
qqq=1분기|2분기|3분기|4분기
G=BC|AD
GGGG=기원전|서기
a=오전|오후
FULL=y년 MMMM d일 EEEE a h시 m분 s초 zzzz
LONG=y년 MMMM d일 a h시 m분 s초 z
MEDIUM=y. M. d. a h:mm:ss
SHORT=yy. M. d. a h:mm
B=자정|정오|0:밤|3:아침|6:오전|12:오후|18:저녁|21:밤
UTC=협정 세계시
@zh
MMMM=一月|二月|三月|四月|五月|六月|七月|八月|九月|十月|十一月|十二月
MMM=1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月
EEEE=星期一|星期二|星期三|星期四|星期五|星期六|星期日
EEE=周一|周二|周三|周四|周五|周六|周日
EEEEE=一|二|三|四|五|六|日
QQQQ=第一季度|第二季度|第三季度|第四季度
QQQ=1季度|2季度|3季度|4季度
qqq=1季度|2季度|3季度|4季度
G=公元前|公元
a=上午|下午
FULL=y年M月d日EEEE zzzz HH:mm:ss
LONG=y年M月d日 z HH:mm:ss
MEDIUM=y年M月d日 HH:mm:ss
SHORT=y/M/d HH:mm
B=午夜||0:凌晨|5:清晨|8:上午|12:中午|13:下午|19:晚上
BBBBB=午夜||0:凌晨|5:早上|8:上午|12:中午|13:下午|19:晚上
UTC=协调世界时
@zh_TW
MMMM=1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月
EEE=週一|週二|週三|週四|週五|週六|週日
QQQQ=第1季|第2季|第3季|第4季
QQQ=第1季|第2季|第3季|第4季
qqq=1|2|3|4
G=西元前|西元
FULL=y年M月d日 EEEE Bh:mm:ss [zzzz]
LONG=y年M月d日 Bh:mm:ss [z]
MEDIUM=y年M月d日 Bh:mm:ss
SHORT=y/M/d Bh:mm
B=||0:上午|12:下午
BBBBB=^B
UTC=世界標準時間
@ca
MMMM=de gener|de febrer|de març|d’abril|de maig|de juny|de juliol|d’agost|de setembre|d’octubre|de novembre|de desembre
MMM=de gen.|de febr.|de març|d’abr.|de maig|de juny|de jul.|d’ag.|de set.|d’oct.|de nov.|de des.
MMMMM=GN|FB|MÇ|AB|MG|JN|JL|AG|ST|OC|NV|DS
LLLL=gener|febrer|març|abril|maig|juny|juliol|agost|setembre|octubre|novembre|desembre
LLL=gen.|febr.|març|abr.|maig|juny|jul.|ag.|set.|oct.|nov.|des.
EEEE=dilluns|dimarts|dimecres|dijous|divendres|dissabte|diumenge
EEE=dl.|dt.|dc.|dj.|dv.|ds.|dg.
EEEEE=dl.|dt.|dc.|dj.|dv.|ds.|dg.
QQQQ=1r trimestre|2n trimestre|3r trimestre|4t trimestre
QQQ=1T|2T|3T|4T
qqq=1T|2T|3T|4T
G=aC|dC
GGGG=abans de Crist|després de Crist
a=a. m.|p. m.
FULL=EEEE, d MMMM 'del' y, H:mm:ss (zzzz)
LONG=d MMMM 'del' y, H:mm:ss z
MEDIUM=d MMM y, H:mm:ss
SHORT=d/M/yy H:mm
B=mitjanit||0:matinada|6:matí|12:migdia|13:tarda|19:vespre|21:nit
UTC=Temps universal coordinat
@hr
MMMM=siječnja|veljače|ožujka|travnja|svibnja|lipnja|srpnja|kolovoza|rujna|listopada|studenoga|prosinca
MMM=sij|velj|ožu|tra|svi|lip|srp|kol|ruj|lis|stu|pro
MMMMM=1.|2.|3.|4.|5.|6.|7.|8.|9.|10.|11.|12.
LLLL=siječanj|veljača|ožujak|travanj|svibanj|lipanj|srpanj|kolovoz|rujan|listopad|studeni|prosinac
EEEE=ponedjeljak|utorak|srijeda|četvrtak|petak|subota|nedjelja
EEE=pon|uto|sri|čet|pet|sub|ned
EEEEE=P|U|S|Č|P|S|N
ccccc=p|u|s|č|p|s|n
QQQQ=1. kvartal|2. kvartal|3. kvartal|4. kvartal
QQQ=1kv|2kv|3kv|4kv
QQQQQ=1.|2.|3.|4.
qqq=1. kv.|2. kv.|3. kv.|4. kv.
G=pr. Kr.|po. Kr.
GGGG=prije Krista|poslije Krista
GGGGG=pr.n.e.|AD
FULL=EEEE, d. MMMM y. HH:mm:ss (zzzz)
LONG=d. MMMM y. HH:mm:ss z
MEDIUM=d. MMM y. HH:mm:ss
SHORT=dd. MM. y. HH:mm
B=ponoć|podne|0:noću|4:ujutro|12:poslije podne|18:navečer|21:noću
BBBBB=ponoć|podne|0:noću|4:ujutro|12:popodne|18:navečer|21:noću
UTC=koordinirano svjetsko vrijeme
"""

# First day of the week (1 = Monday) and minimal days of the first week, by region; others: Sunday, 1.
_WEEKS = {
    "11": "AE AI AL AM AO AQ AR AU AW AZ BA BB BF BI BJ BL BM BN BO BQ BV BY CC CD CF CG CI CK CL CM CN CR CU CV CW "
    "CX CY EC EH ER FK FM GA GD GE GH GL GM GN GQ GS GW GY HM HR HT IO KG KI KM KN KP KY KZ LB LC LK LR LS LV "
    "MA MD ME MF MG MK ML MN MP MR MS MU MW MY NA NC NE NF NG NR NU NZ PF PG PM PN PS PW RO RS RW SB SC SH SI "
    "SL SN SO SR SS ST SX SZ TC TD TF TG TJ TK TL TM TN TO TR TV TZ UA UG UY UZ VC VG VN VU WF YT ZM",
    "14": "AD AT AX BE BG CH CZ DE DK EE ES FI FJ FO FR GB GF GG GI GP GR HU IE IM IS IT JE LI LT LU MC MQ NL NO PL "
    "RE RU SE SJ SK SM VA",
    "51": "MV",
    "61": "AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY",
    "74": "PT",
}


def _section(name: str) -> dict[str, str]:
    _, found, rest = _DATA.partition(f"@{name}\n")
    if not found or rest.startswith("@"):
        return {}
    return dict(line.split("=", 1) for line in rest.partition("\n@")[0].split("\n") if "=" in line)


def locale_table(language: str, region: str) -> dict[str, str]:
    """The names of a locale; an unknown language has those of the root locale."""
    table = _section("")
    if language == "no":
        language = "nb"
    if language:
        table |= _section(language)
        if region:
            table |= _section(f"{language}_{region}")
    return {
        key: table[value[1:]] if value.startswith("^") else value for key, value in table.items()
    }


def week_rule(region: str) -> tuple[int, int]:
    """First day of the week (1 = Monday) and minimal days of the first week."""
    for rule, regions in _WEEKS.items():
        if region and region in regions.split(" "):
            return int(rule[0]), int(rule[1])
    return 7, 1
