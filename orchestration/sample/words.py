"""Names, places, products and journeys that the sample shop is made of."""


def words(text: str) -> list[str]:
    """A list written as text; an underscore stands for a space inside a name."""
    return [word.replace("_", " ") for word in text.split()]


ENGLISH_FIRST = """Oliver Amelia George Isla Harry Ava Noah Mia Jack Ivy Leo Lily Arthur Florence Oscar Freya Archie Willow Henry Elsie
Thomas Grace Theodore Evie Freddie Sophie Alfie Poppy Charlie Daisy Edward Charlotte William Matilda Rory Niamh Eoin Saoirse Callum Fiona
Duncan Morag Gareth Bronwyn Rhys Cerys Priya Arjun Imran Aisha Kwame Abena Chidi Ngozi Hannah Rachel Patrick Siobhan Graham Margaret""".split()

ENGLISH_LAST = """Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts Green Hall
Wood Harris O'Brien O'Connor O'Sullivan McCarthy MacDonald Campbell Stewart Fraser Murphy Kelly Byrne Walsh Hughes Griffiths Morgan Lloyd
Singh Khan Ahmed Begum Okafor Mensah Clarke Turner Phillips Parker Bennett Cook Bailey Collins Ashworth-Hale Fitzgerald Whitaker Pemberton""".split()

FRENCH_FIRST = """Camille Léa Manon Chloé Inès Jade Louise Zoé Élodie Anaïs Maëlle Océane Margaux Clémence Aurélie Hélène Françoise Noémie
Gaëlle Solène Lucas Hugo Théo Maël Raphaël Gabriel Jérôme Benoît Étienne François Frédéric Rémi Loïc Gaël Cédric Stéphane Sébastien Mickaël
Jean-Pierre Jean-Baptiste Marie-Claire Anne-Sophie Pierre-Yves Yasmine Karim Nadia Mehdi Samira Fatou Moussa Aïcha Ousmane Thuy Linh Bérénice
Apolline Côme Ambre Léonie Célestin Marguerite Augustin""".split()

FRENCH_LAST = words("""Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefèvre Michel Garcia David Bertrand Roux
Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand Garnier Faure Rousseau Blanc Guérin Müller Henry
Roussel Nicolas Perrin Mathieu Clément Gauthier Dumont López Fontaine Chevalier Robin Masson Sanchez Gérard Nguyen Boyer Denis Lemaire
Benali Diallo Traoré Cohen Haddad D'Hondt Desmet Janssens Le_Goff De_La_Tour L'Hermitte Saint-Exupéry Béranger-Lacroix Cœur""")

OTHER_FIRST = """Giulia Lorenzo Chiara Matteo Lucía Sergio Beatriz João Inês Rui Anneke Joris Sanne Bram Anja Jürgen Käthe Björn Åsa Søren
Łukasz Małgorzata Zuzana Jiří Ondřej Ștefan Ioana Dimitris Ελένη Γιώργος Олена Андрій İbrahim Şeyma Maarja Jānis""".split()

OTHER_LAST = words("""Rossi Bianchi Esposito García Fernández Silva Gonçalves Santos Bakker Visser Van_Dijk Müller Schmidt Groß Öztürk Yılmaz
Nilsson Ångström Sørensen Østergaard Kowalski Wiśniewska Dvořák Nováková Popescu Παπαδόπουλος Шевченко Kõiv Bērziņš""")

# Right-to-left names, as their owners write them: (first, last, letters for the address).
RIGHT_TO_LEFT = [
    ("محمد", "بن عيسى", "m.benaissa"), ("فاطمة", "الزهراء", "f.zahra"), ("ليلى", "حداد", "layla.haddad"), ("يوسف", "منصور", "y.mansour"),
    ("נועה", "כהן", "noa.cohen"), ("דוד", "לוי", "david.levy"), ("שרה", "מזרחי", "s.mizrahi"), ("אורי", "פרידמן", "uri.friedman"),
]  # fmt: skip

STORES = [  # name, city, country, telephone prefix
    ("Maison Tutti Paris Marais", "Paris", "France", "+33 1"), ("Maison Tutti Lyon", "Lyon", "France", "+33 4"),
    ("Maison Tutti Bordeaux", "Bordeaux", "France", "+33 5"), ("Maison Tutti Lille", "Lille", "France", "+33 3"),
    ("Maison Tutti Nantes", "Nantes", "France", "+33 2"), ("Maison Tutti Bruxelles", "Bruxelles", "Belgium", "+32 2"),
    ("Maison Tutti Genève", "Genève", "Switzerland", "+41 22"), ("Tutti House London", "London", "United Kingdom", "+44 20"),
    ("Tutti House Edinburgh", "Edinburgh", "United Kingdom", "+44 131"), ("Tutti House Manchester", "Manchester", "United Kingdom", "+44 161"),
    ("Tutti House Dublin", "Dublin", "Ireland", "+353 1"), ("Tutti House Amsterdam", "Amsterdam", "Netherlands", "+31 20"),
]  # fmt: skip

CITIES = {  # country: (city, first digits of the postcode)
    "France": [("Paris", "750"), ("Lyon", "690"), ("Marseille", "130"), ("Bordeaux", "330"), ("Lille", "590"), ("Nantes", "440"), ("Strasbourg", "670"), ("Aix-en-Provence", "131"), ("L'Haÿ-les-Roses", "942"), ("Saint-Étienne", "420"), ("Besançon", "250"), ("Nîmes", "300")],
    "Belgium": [("Bruxelles", "10"), ("Liège", "40"), ("Namur", "50"), ("Gent", "90"), ("Mons", "70")],
    "Switzerland": [("Genève", "12"), ("Lausanne", "10"), ("Neuchâtel", "20"), ("Zürich", "80")],
    "United Kingdom": [("London", "SW"), ("Edinburgh", "EH"), ("Manchester", "M"), ("Bristol", "BS"), ("Leeds", "LS"), ("Cardiff", "CF"), ("Stratford-upon-Avon", "CV")],
    "Ireland": [("Dublin", "D0"), ("Cork", "T1"), ("Galway", "H9")],
    "Netherlands": [("Amsterdam", "10"), ("Utrecht", "35"), ("'s-Hertogenbosch", "52")],
}  # fmt: skip

STREETS_FR = """rue de la République|avenue Victor-Hugo|boulevard Voltaire|rue des Lilas|place de l'Église|impasse du Moulin|rue Sainte-Catherine|quai des Brumes
cours de l'Yser|allée des Érables|rue du Faubourg-Saint-Antoine|chemin des Écoliers|rue Ampère|avenue Jean-Jaurès""".replace(
    "\n", "|"
).split("|")
STREETS_EN = """High Street|Station Road|Church Lane|Victoria Road|Queen's Drive|Mill Lane|The Crescent|King's Road|Park Avenue|St. Mary's Close
Abbey Gardens|Harbour View|Old Bakery Yard|Canal Street""".replace("\n", "|").split("|")

PRODUCTS: dict[str, list[tuple[str, str, float]]] = {  # category: (English, French, price)
    "Outdoor": [("Merino hiking socks", "Chaussettes de randonnée en mérinos", 18), ("Rain jacket “Cornwall”", "Veste de pluie « Ouessant »", 139), ("Trekking poles", "Bâtons de marche", 69), ("Two-person tent", "Tente deux places", 249), ("Down sleeping bag", "Sac de couchage en duvet", 189), ("Picnic blanket", "Couverture de pique-nique", 39), ("Head torch", "Lampe frontale", 34), ("Camping stove", "Réchaud de camping", 54), ("Insulated bottle, 1 l", "Gourde isotherme 1 l", 29), ("Folding chair", "Chaise pliante", 49), ("Binoculars 8×32", "Jumelles 8×32", 119), ("Wool beanie", "Bonnet en laine", 24)],
    "Luggage": [("Cabin suitcase", "Valise cabine", 129), ("Weekend bag in canvas", "Sac week-end en toile", 89), ("Leather passport cover", "Protège-passeport en cuir", 25), ("Packing cubes, set of 4", "Pochettes de rangement, lot de 4", 32), ("Rucksack 40 l", "Sac à dos 40 l", 110), ("Toiletry bag", "Trousse de toilette", 35), ("Neck pillow", "Coussin de voyage", 22), ("Luggage tag", "Étiquette de bagage", 9.5), ("Travel adapter", "Adaptateur de voyage", 19), ("Large suitcase", "Grande valise", 199), ("Document wallet", "Pochette à documents", 28)],
    "Home": [("Linen tablecloth", "Nappe en lin", 65), ("Beeswax candle", "Bougie en cire d'abeille", 14), ("Wool throw", "Plaid en laine", 79), ("Stoneware vase", "Vase en grès", 42), ("Cotton bed linen", "Parure de lit en coton", 119), ("Bath towel, organic", "Serviette de bain bio", 26), ("Desk lamp “Atelier”", "Lampe de bureau « Atelier »", 95), ("Wall clock", "Horloge murale", 59), ("Seagrass basket", "Panier en jonc de mer", 33), ("Cushion cover", "Housse de coussin", 21), ("Door mat", "Paillasson", 27), ("Picture frame", "Cadre photo", 17)],
    "Kitchen": [("Copper saucepan", "Casserole en cuivre", 149), ("Bread knife", "Couteau à pain", 38), ("Cast-iron casserole", "Cocotte en fonte", 219), ("Espresso cups, set of 2", "Tasses à expresso, lot de 2", 24), ("Olive-wood spoon", "Cuillère en olivier", 12), ("Salt cellar", "Salière", 16), ("French press", "Cafetière à piston", 36), ("Tea towel trio", "Trio de torchons", 19), ("Salad bowl", "Saladier", 44), ("Pepper mill", "Moulin à poivre", 47), ("Jam jars, box of 6", "Pots à confiture, lot de 6", 15)],
    "Pantry": [("Heather honey", "Miel de bruyère", 11), ("Salted-butter caramels", "Caramels au beurre salé", 8.9), ("Earl Grey tea", "Thé Earl Grey", 9.9), ("Dark chocolate 72 %", "Chocolat noir 72 %", 5.5), ("Quince jelly", "Gelée de coing", 6.9), ("Olive oil, first press", "Huile d'olive vierge", 17.5), ("Fleur de sel", "Fleur de sel", 7.9), ("Shortbread tin", "Boîte de sablés", 10.5), ("Chestnut cream", "Crème de marrons", 5.9), ("Sardines with lemon", "Sardines au citron", 6.5), ("Spiced biscuits", "Spéculoos", 4.9)],
    "Clothing": [("Striped sailor shirt", "Marinière", 49), ("Lambswool jumper", "Pull en laine d'agneau", 89), ("Linen shirt", "Chemise en lin", 69), ("Corduroy trousers", "Pantalon en velours côtelé", 85), ("Silk scarf", "Foulard en soie", 75), ("Leather gloves", "Gants en cuir", 59), ("Waxed jacket", "Veste huilée", 229), ("Cotton pyjamas", "Pyjama en coton", 55), ("Wellington boots", "Bottes de pluie", 79), ("Straw hat", "Chapeau de paille", 35), ("Cashmere socks", "Chaussettes en cachemire", 29)],
    "Books": [("Walks in Brittany", "Balades en Bretagne", 19.9), ("Cooking with apples", "La cuisine des pommes", 24.9), ("The night-train guide", "Le guide des trains de nuit", 22), ("Atlas of small islands", "Atlas des petites îles", 34), ("Birds of the coast", "Oiseaux du littoral", 27), ("Notebook, dotted", "Carnet à points", 12.5), ("Pocket star chart", "Carte du ciel de poche", 14), ("Wild-garden diary", "Journal d'un jardin sauvage", 21), ("Letters from Lisbon", "Lettres de Lisbonne", 17.9)],
    "Garden": [("Secateurs", "Sécateur", 39), ("Terracotta pot", "Pot en terre cuite", 18), ("Tulip bulbs, bag of 25", "Bulbes de tulipes, sac de 25", 13), ("Watering can", "Arrosoir", 36), ("Bird feeder", "Mangeoire à oiseaux", 23), ("Wild-flower seeds", "Graines de fleurs sauvages", 6), ("Leaf rake", "Râteau à feuilles", 31), ("Garden twine", "Ficelle de jardin", 7.5), ("Gardening gloves", "Gants de jardinage", 16)],
}  # fmt: skip

DESTINATIONS = [  # English, French, country, price of a night
    ("Lisbon", "Lisbonne", "Portugal", 95), ("Rome", "Rome", "Italy", 120), ("Vienna", "Vienne", "Austria", 115), ("Prague", "Prague", "Czechia", 85),
    ("Copenhagen", "Copenhague", "Denmark", 145), ("Seville", "Séville", "Spain", 90), ("Florence", "Florence", "Italy", 130), ("Athens", "Athènes", "Greece", 88),
    ("Kraków", "Cracovie", "Poland", 70), ("Dubrovnik", "Dubrovnik", "Croatia", 110), ("Reykjavík", "Reykjavik", "Iceland", 190), ("Isle of Skye", "Île de Skye", "United Kingdom", 125),
    ("Saint-Malo", "Saint-Malo", "France", 105), ("Lake Como", "Lac de Côme", "Italy", 165), ("Bruges", "Bruges", "Belgium", 98), ("Berlin", "Berlin", "Germany", 92),
    ("Madeira", "Madère", "Portugal", 99), ("Cornwall", "Cornouailles", "United Kingdom", 112), ("Corsica", "Corse", "France", 118), ("Tallinn", "Tallinn", "Estonia", 78),
    ("Budapest", "Budapest", "Hungary", 74), ("Lofoten", "Lofoten", "Norway", 175), ("Crete", "Crète", "Greece", 96), ("Edinburgh", "Édimbourg", "United Kingdom", 122),
]  # fmt: skip
